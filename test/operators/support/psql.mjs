// `psql` of a test: runs a statement from its input at the server that `-h` names. `SOTTO_DATABASES` has its URL.
import { createRequire } from 'node:module';
import { text } from 'node:stream/consumers';

const pg = createRequire(new URL('../../../packages/service/package.json', import.meta.url))('pg');

const [, host] = process.argv.slice(2);
const client = new pg.Client({ connectionString: JSON.parse(process.env.SOTTO_DATABASES)[host] });
await client.connect();
await client.query(await text(process.stdin));
await client.end();

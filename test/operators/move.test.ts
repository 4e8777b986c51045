import { appendFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { asAdmin } from '../../services/issuer/test/postgres/server.ts';
import { NO_POSTGRES, startPostgres, type TestServer } from '../support/postgres.ts';
import { faultsOf } from './support/drill.ts';
import { Operators } from './support/operators.ts';
import { oneBlock } from './support/shared-drills.ts';

let operators: Operators;
const clusters: TestServer[] = [];
beforeAll(async () => {
  if (NO_POSTGRES !== null) return;
  operators = await Operators.start('PostgreSQL');
  for (const databases of [['issuer', 'gateway'], ['quotas']]) {
    const server = await startPostgres();
    clusters.push(server);
    for (const database of databases) await asAdmin(server, `create database ${database}`);
  }
});
afterAll(async () => {
  if (NO_POSTGRES !== null) return;
  await operators.close();
  await Promise.all(clusters.map((server) => server.remove()));
});

/** Rows of a table in the database of a service. */
async function count(database: string, table: string): Promise<number> {
  const url = (clusters[0]?.url ?? '').replace(/postgres$/, database);
  const [row] = await asAdmin<{ count: string }>({ url }, `select count(*) from ${table}`);
  return Number(row?.count);
}

test('Node: both stores move from SQLite to PostgreSQL while clients search, and their tokens stay valid', async (context) => {
  if (NO_POSTGRES !== null) context.skip(NO_POSTGRES);
  const [tokens, quotas] = clusters.map(({ port }) => `127.0.0.1:${port}`);
  const { here } = operators;
  operators.here = (command) =>
    here(command).replaceAll('db.example:5432', `${tokens}`).replaceAll('quotas.example:5432', `${quotas}`);
  for (const service of ['issuer', 'gateway']) {
    appendFileSync(operators.file(`b/${service}.env`), 'STORE_RISKS=no-synchronous-standby\n');
  }
  await operators.search('ops/a', 'client');
  expect(faultsOf(await operators.drill('move to PostgreSQL', oneBlock))).toEqual([]);
  expect(await count('issuer', 'issuer_keys')).toBeGreaterThan(0);
  expect(await count('gateway', 'bundles')).toBeGreaterThan(0);
  await operators.machine.eventually('npx @sotto/cli check --config ops/b');
});

// A request to a server that never answers ends at its deadline, also when memory is collected meanwhile. Needs --expose-gc.
import { createServer } from 'node:http';
import { sendRequest, UnreachableError } from '@sotto/client/http';

const server = createServer(() => {});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
setInterval(() => globalThis.gc(), 10).unref();
const url = `http://127.0.0.1:${server.address().port}/`;
const platform = { fetch: (at, init) => fetch(at, init), deadline: () => AbortSignal.timeout(300) };
const error = await sendRequest(platform, url, { maxBytes: 10, signal: new AbortController().signal }).catch(
  (reason) => reason,
);
console.log(error instanceof UnreachableError ? 'ended at the deadline' : error);
process.exit();

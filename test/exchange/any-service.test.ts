import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { utf8 } from '@sotto/wire';
import { startSuite, type Suite } from '../../services/local/src/suite.ts';
import { RawExchange } from '../support/raw-exchange.ts';

const seen: { method: string | undefined; url: string | undefined; headers: string[]; body: string }[] = [];
let api: Server;
let suite: Suite;

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  return body;
}

/** A plain HTTP API that knows nothing of Sotto. */
function plainApi(): Promise<Server> {
  const server = createServer((request, response) => {
    void record(request, response);
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

async function record(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method, url, rawHeaders } = request;
  seen.push({
    method,
    url,
    headers: rawHeaders.filter((_, i) => i % 2 === 0),
    body: await bodyOf(request),
  });
  response.writeHead(201, { 'content-type': 'text/plain', 'set-cookie': 'id=1', etag: '"x"' });
  response.end('made');
}

beforeAll(async () => {
  api = await plainApi();
  const url = `http://127.0.0.1:${(api.address() as AddressInfo).port}/base`;
  const row = { name: 'notes', target: { url }, token: { type: 5 }, idempotent: false };
  suite = await startSuite({
    vars: {
      gateway: { SERVICES: JSON.stringify([{ ...row, requestLength: 1024, responseLength: 4096 }]) },
      issuer: {
        SERVICES: JSON.stringify([{ name: 'notes', types: [5], batch: [30], quota: { default: 60 } }]),
      },
    },
  });
});
afterAll(async () => {
  await suite.dispose();
  api.close();
});

test('gateway: one row in its table puts an unchanged HTTP API behind it', async () => {
  const raw = await RawExchange.of(suite);
  const [token] = await raw.issue('alice', 'notes');
  const result = await raw.search(token ?? null, '', {
    authority: 'notes',
    path: '/v2/note?draft=1',
    content: utf8('hello'),
  });
  expect(result.inner?.status).toBe(201);
  expect(Buffer.from(result.inner?.content ?? []).toString()).toBe('made');
  expect(result.inner?.fields.map(([name]) => name)).not.toContain('set-cookie');
  expect(seen).toHaveLength(1);
  expect(seen[0]).toMatchObject({ method: 'POST', url: '/base/v2/note?draft=1', body: 'hello' });
  const identity = /cookie|agent|forward|ip|authorization|date|accept-language|referer/i;
  expect(seen[0]?.headers.filter((name) => identity.test(name))).toEqual([]);
});

test('gateway: calls a service that is not idempotent once, however often the request arrives', async () => {
  const raw = await RawExchange.of(suite);
  const [token] = await raw.issue('bob', 'notes');
  const before = seen.length;
  const request = raw.request(token ?? null, '', {
    authority: 'notes',
    path: '/v2/note',
    content: utf8('x'),
  });
  const statuses = [];
  for (let i = 0; i < 3; i++) statuses.push((await raw.post(await raw.seal(request))).inner?.status);
  expect(statuses).toEqual([201, 409, 409]);
  expect(seen.length - before).toBe(1);
});

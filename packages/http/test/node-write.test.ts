import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { rawExchange } from '../../../test/support/raw-connection.ts';
import { writeResponse } from '../src/node/index.ts';

const ANSWERS: Readonly<Record<string, () => Response>> = {
  '/whole': () => new Response(new Blob(['sea', 'led']).stream()),
  '/empty': () => new Response(null),
  '/none': () => new Response(null, { status: 204 }),
  '/flowing': () => new Response(new Blob(['sealed']).stream(), { headers: { incremental: '?1' } }),
};

let origin = '';
const server = createServer((incoming, outgoing) => {
  const whole = ANSWERS[incoming.url ?? '']?.() ?? new Response(null, { status: 404 });
  // As a router responds to HEAD: like GET, without the body.
  const response = incoming.method === 'HEAD' ? new Response(null, whole) : whole;
  writeResponse(response, incoming, outgoing).catch(() => outgoing.destroy());
});
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.close();
});

test.each([
  ['GET', '/whole', 'content-length: 6'],
  ['GET', '/empty', 'content-length: 0'],
  ['GET', '/none', null],
  ['GET', '/flowing', 'transfer-encoding: chunked'],
  ['HEAD', '/whole', null], // of a length other than GET's it must not state (RFC 9110 §8.6)
  ['HEAD', '/empty', null],
])('the response to %s %s is framed by %s', async (method, path, framing) => {
  const answer = await rawExchange(
    origin,
    `${method} ${path} HTTP/1.1\r\nhost: a.example\r\nconnection: close\r\n\r\n`,
  );
  const [head = '', body = ''] = answer.toLowerCase().split('\r\n\r\n');
  const lines = head.split('\r\n').filter((line) => /^(?:content-length|transfer-encoding):/.test(line));
  expect(lines).toEqual(framing === null ? [] : [framing]);
  expect(body.includes('sealed')).toBe(method === 'GET' && path !== '/empty' && path !== '/none');
});

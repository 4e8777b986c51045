import { Agent, createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { FetchedResponse } from '../src/index.ts';
import { sendOnce } from '../src/node/index.ts';

const textOf = (bytes: ArrayBuffer): string => new TextDecoder().decode(bytes);
/** A server that responds to each connection in its own way, once a request arrives. */
async function peerOf(respond: (socket: Socket) => unknown) {
  const peer = createTcpServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => respond(socket));
  });
  await new Promise<void>((resolve) => peer.listen(0, '127.0.0.1', resolve));
  return { peer, to: `http://127.0.0.1:${(peer.address() as AddressInfo).port}` };
}

const agent = new Agent({ keepAlive: true });
const came: string[] = [];
let url = '';
async function echo(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const names = request.rawHeaders.filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase());
  came.push(`${request.method} ${names.toSorted().join(' ')}: ${await text(request)}`);
  const status = Number(request.url?.slice(1));
  response.writeHead(status, { 'content-encoding': 'gzip', location: '/200', 'set-cookie': ['a', 'b'] });
  response.end(status === 204 ? undefined : 'not gzip');
}
const server = createServer((request, response) => {
  echo(request, response).catch(() => response.destroy());
});
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  agent.destroy();
  server.close();
});

test('R08 B35 only the given headers, Host and the framing are sent', async () => {
  const headers = { 'content-type': 'x/y' };
  await sendOnce(`${url}/200`, { headers }, { agent });
  await sendOnce(`${url}/200`, { method: 'POST', headers, body: new Uint8Array([97]) }, { agent });
  await sendOnce(`${url}/200`, { method: 'POST', headers, body: new Blob(['ab']).stream() }, { agent });
  expect(came.splice(0)).toEqual([
    'GET content-type host: ',
    'POST content-length content-type host: a',
    'POST content-type host transfer-encoding: ab',
  ]);
});

test('a redirect is not followed, a coding not decoded, a second field not lost', async () => {
  const answer = await sendOnce(`${url}/302`, {}, { agent });
  expect([answer.status, answer.headers.get('location'), textOf(await answer.arrayBuffer())]).toEqual([
    302,
    '/200',
    'not gzip',
  ]);
  expect(answer.headers.getSetCookie()).toEqual(['a', 'b']);
  expect((await sendOnce(`${url}/204`, {}, { agent })).body).toBeNull();
  expect(came.splice(0)).toHaveLength(2);
});

test('a status that no Response can have is not a response, and nothing is sent again', async () => {
  await expect(sendOnce(`${url}/700`, {}, { agent })).rejects.toThrow(RangeError);
  expect(came.splice(0)).toHaveLength(1);
});

test.each([
  [
    'switches protocols',
    'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n',
    false,
  ],
  ['switches protocols and closes', 'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n', true],
  ['closes without a response', '', true],
  ['closes within the header section', 'HTTP/1.1 200 OK\r\n', true],
])('N01 when a peer %s there is no response: it rejects at once', async (_what, bytes, ends) => {
  const { to, peer } = await peerOf((socket) => (ends ? socket.end(bytes) : socket.write(bytes)));
  await expect(sendOnce(to, {}, { agent })).rejects.toThrow(Error);
  peer.close();
});

test.each([
  ['content-length: 6', 'sea', 'Error'],
  ['transfer-encoding: chunked', '3\r\nsea\r\n', 'Error'],
  ['content-length: 6', 'sealed', 'sealed'],
  ['transfer-encoding: chunked', '3\r\nsea\r\n3\r\nled\r\n0\r\n\r\n', 'sealed'],
])('R12 a response with %s and %j, read as a whole or as a stream, is: %s', async (framing, body, result) => {
  const { to, peer } = await peerOf((socket) => socket.end(`HTTP/1.1 200 OK\r\n${framing}\r\n\r\n${body}`));
  const reads: ((response: FetchedResponse) => Promise<string>)[] = [
    async (response) => textOf(await response.arrayBuffer()),
    async (response) => text(response.body ?? new ReadableStream()),
  ];
  for (const read of reads) {
    const response = await sendOnce(to, {}, { agent: new Agent() });
    expect(await read(response).catch((error: unknown) => (error as Error).constructor.name)).toBe(result);
  }
  peer.close();
});

test('a response without a body is read as no bytes', async () => {
  expect(await (await sendOnce(`${url}/204`, {}, { agent })).arrayBuffer()).toHaveProperty('byteLength', 0);
  came.splice(0);
});

test('a body that ends early does not look complete', async () => {
  const body = new ReadableStream({
    start: (controller) => controller.enqueue(new Uint8Array(3)),
    pull: (controller) => controller.error(new Error('gone')),
  });
  await expect(sendOnce(`${url}/200`, { method: 'POST', body }, { agent })).rejects.toThrow('broke off');
  expect(came).toEqual([]);
});

import { createServer, type AddressInfo, type Socket } from 'node:net';
import { PROBLEMS } from '@sotto/http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { relay } from '../src/app.ts';
import { configOf, CREDENTIAL, RELAYS, startOnNode, vars } from './start-relay.ts';
import { problem, told } from './told.ts';

/** A gateway on raw TCP: its behaviour once the headers of a request were sent. */
let behave: (socket: Socket, request: string) => void = () => {};
const sockets = new Set<Socket>();
const server = createServer((socket) => {
  sockets.add(socket);
  socket.on('error', () => {});
  socket.once('close', () => sockets.delete(socket));
  let request = '';
  socket.on('data', (data) => {
    request += data.toString('latin1');
    if (request.includes('\r\n\r\n')) behave(socket, request);
  });
});
const url = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
beforeEach(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
});

const SWITCH = 'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n';
const post = (to: string, type = 'message/ohttp-req'): Promise<Response> =>
  fetch(`${to}/ohttp`, { method: 'POST', body: 'x'.repeat(64), headers: { 'content-type': type } });

describe.each(RELAYS)('N01 the relay on %s settles by its deadline', (_name, start) => {
  test.each([
    ['switches protocols and continues', (socket: Socket) => void socket.write(`${SWITCH}more`)],
    ['switches protocols and closes', (socket: Socket) => void socket.end(SWITCH)],
    ['closes without a response', (socket: Socket) => void socket.end()],
    ['sends half a status line', (socket: Socket) => void socket.write('HTTP/1.1 20')],
    [
      'sends informational responses for ever',
      (socket: Socket) => {
        const timer = setInterval(() => socket.write('HTTP/1.1 103 Early Hints\r\n\r\n'), 20);
        socket.once('close', () => clearInterval(timer));
      },
    ],
  ])('when the gateway %s', async (_what, behaviour) => {
    behave = behaviour;
    const running = await start(vars(url(), { GATEWAY_MS: '600', STREAM_MS: '600', MAX_IN_FLIGHT: '4' }));
    for (const type of ['message/ohttp-req', 'message/ohttp-chunked-req']) {
      const responses = await Promise.all([1, 2, 3].map(() => post(running.url, type)));
      for (const response of responses) expect([502, 504]).toContain(response.status);
    }
    // Every place is free again.
    behave = (socket) => {
      socket.end(
        'HTTP/1.1 200 OK\r\ncontent-type: message/ohttp-res\r\ncontent-length: 6\r\nconnection: close\r\n\r\nsealed',
      );
    };
    const statuses = async (): Promise<number[]> =>
      (await Promise.all([1, 2, 3].map(() => post(running.url)))).map(({ status }) => status);
    await expect.poll(statuses).toEqual([200, 200, 200]); // again: on a busy machine 600 ms may be too few
    await running.close();
  });
});

/** A relay of two gateways. The first never settles, even after its signal aborts. */
function withDeafGateway() {
  const gone = new AbortController();
  const asked: string[] = [];
  const built = relay({
    config: configOf({
      GATEWAYS: '{"/a":"https://a.example","/b":"https://b.example"}',
      RELAY_TOKENS: JSON.stringify({ '/a': CREDENTIAL, '/b': CREDENTIAL }),
      BUNDLE_SECONDS: '60',
    }),
    send: (to) => {
      asked.push(to);
      if (to.startsWith('https://a.example')) return new Promise<Response>(() => {});
      const headers = { 'content-type': 'application/sotto-bundle' };
      return Promise.resolve(new Response('the bundle', { headers }));
    },
    now: () => 1_000_000_000_000,
    sleep: () => Promise.resolve(),
    timeout: () => gone.signal,
    byTimer: true,
  });
  return { ...built, asked, gone };
}

test('N01 a send that ignores its signal: 504 at the deadline, for envelopes plain and chunked', async () => {
  const { app, gone } = withDeafGateway();
  const visit = { admit: () => true, waitUntil: () => {} };
  const answers = ['message/ohttp-req', 'message/ohttp-chunked-req'].map((type) => {
    const init = { method: 'POST', body: new Uint8Array(64), headers: { 'content-type': type } };
    return app.fetch(new Request('https://relay.example/a/ohttp', init), visit);
  });
  setTimeout(() => gone.abort(), 50);
  for (const answer of answers)
    expect(await told(await answer)).toEqual(problem(PROBLEMS['gateway-timeout']));
});

test('N01 a gateway that never responds does not block the bundle of another gateway', async () => {
  const { schedules, app, asked } = withDeafGateway();
  const [first, second] = schedules.map((schedule) => schedule());
  let isSettled = false;
  void first?.then(() => (isSettled = true));
  expect(await second).toBe(1_000_000_020_000);
  expect(isSettled).toBe(false);
  expect(asked.filter((one) => one.endsWith('/bundle'))).toEqual([
    'https://a.example/bundle',
    'https://b.example/bundle',
  ]);
  const visit = { admit: () => true, waitUntil: () => {} };
  expect((await app.fetch(new Request('https://relay.example/b/bundle'), visit)).status).toBe(200);
});

test('N01 on Node each gateway has a timer: the second bundle is fetched in every period, though the first hangs', async () => {
  let fetches = 0;
  const { close } = await startTwo(() => fetches++);
  await expect.poll(() => fetches, { timeout: 15_000 }).toBeGreaterThanOrEqual(6); // two forms per period
  await close();
});

/** A relay of a gateway that never responds, and of one with bundles. */
async function startTwo(onBundle: () => void) {
  behave = () => {};
  const good = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => {
      onBundle();
      socket.end(
        'HTTP/1.1 200 OK\r\ncontent-type: application/sotto-bundle\r\ncontent-length: 1\r\nconnection: close\r\n\r\nb',
      );
    });
  });
  await new Promise<void>((resolve) => good.listen(0, '127.0.0.1', resolve));
  const to = `http://127.0.0.1:${(good.address() as AddressInfo).port}`;
  const running = await startOnNode(
    vars('', {
      GATEWAYS: JSON.stringify({ '/a': url(), '/b': to }),
      RELAY_TOKENS: '{"/a":null,"/b":null}',
      BUNDLE_SECONDS: '1',
    }),
  );
  return {
    close: async () => {
      await running.close();
      good.close();
    },
  };
}

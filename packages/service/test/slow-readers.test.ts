import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import type { Serving } from '@sotto/http/node';
import { PROBLEMS, problemResponse } from '@sotto/http';
import { afterEach, describe, expect, test } from 'vitest';
import { rawConnection, type RawConnection } from '../../../test/support/raw-connection.ts';
import { serve, type ServeOptions } from '../src/node/index.ts';

const open: { close(): unknown }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});

async function serving(respond: ServeOptions['respond'], more: Partial<ServeOptions> = {}): Promise<Serving> {
  const one = await serve({
    host: '127.0.0.1',
    port: 0,
    maxInFlight: 100,
    drainMs: 100,
    responseMs: 30_000,
    connectionsPerAddress: 1024,
    refuse: (code) => problemResponse(PROBLEMS[code]),
    respond,
    ...more,
  });
  open.push(one);
  return one;
}

/** A connection that reads nothing until the test starts it. */
function deaf(url: string): RawConnection {
  const connection = rawConnection(url);
  connection.socket.pause();
  open.push({ close: () => connection.destroy() });
  return connection;
}

const BUSY = { timeout: 20_000 }; // for a poll: as long as a busy machine may take

const GET = 'GET / HTTP/1.1\r\nhost: a\r\n\r\n';
const FLOWING = { headers: { incremental: '?1' } };

/** An endless body that arrives as fast as it is read. */
const endless = (): ReadableStream<Uint8Array> =>
  new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(65_536)) });

describe('N02 a connection that does not read does not block others', () => {
  test('ten connections pipeline a thousand requests: each is closed at sixteen, honest requests succeed', async () => {
    let calls = 0;
    const { origin } = await serving(() => {
      calls++;
      return new Response('x'.repeat(1000));
    });
    const attackers = Array.from({ length: 10 }, () => deaf(origin));
    for (const { socket } of attackers) socket.write(GET.repeat(1000));
    for (let i = 0; i < 5; i++) expect((await fetch(origin)).status).toBe(200);
    for (const { socket } of attackers) socket.resume(); // only to notice its end
    const closed = await Promise.all(attackers.map((attacker) => attacker.closed()));
    expect(closed).not.toContain(false);
    expect(calls).toBeLessThanOrEqual(10 * 16 + 5);
  });

  test('of a thousand requests in one chunk the server parses at most one more than the limit', async () => {
    const { origin } = await serving(() => new Response('x'));
    let parsed = 0;
    const count = (): void => void parsed++;
    subscribe('http.server.request.start', count);
    const attacker = deaf(origin);
    attacker.socket.write(GET.repeat(1000));
    attacker.socket.resume();
    expect(await attacker.closed()).toBe(true);
    unsubscribe('http.server.request.start', count);
    expect(parsed).toBe(17);
    expect((await fetch(origin)).status).toBe(200);
  });

  test('an upgrade is ignored, and a CONNECT only ends its own connection', async () => {
    const { origin } = await serving(() => new Response('x'));
    const upgrade = rawConnection(origin);
    open.push({ close: () => upgrade.destroy() });
    const fields = 'host: a\r\nconnection: upgrade, close\r\nupgrade: websocket\r\n';
    upgrade.write(`GET / HTTP/1.1\r\n${fields}\r\n`);
    expect(await upgrade.closed()).toBe(true);
    expect(upgrade.received).toMatch(/^HTTP\/1.1 200 /);
    const connect = rawConnection(origin);
    open.push({ close: () => connect.destroy() });
    connect.write('CONNECT a:1 HTTP/1.1\r\nhost: a\r\n\r\n');
    expect(await connect.closed()).toBe(true);
    expect((await fetch(origin)).status).toBe(200);
  });

  test('sixteen pipelined requests get responses in order, and one more closes the connection', async () => {
    const gates: (() => void)[] = [];
    const { origin } = await serving(async ({ url }) => {
      await new Promise<void>((resolve) => gates.push(resolve));
      return new Response(new URL(url).pathname);
    });
    const connection = rawConnection(origin);
    open.push({ close: () => connection.destroy() });
    for (let i = 0; i < 16; i++) connection.write(`GET /${i} HTTP/1.1\r\nhost: a\r\n\r\n`);
    await expect.poll(() => gates.length, BUSY).toBe(16);
    for (const release of gates.toReversed()) release();
    const text = await connection.until((received) => received.endsWith('/15'));
    expect([...text.matchAll(/\r\n\r\n(\/\d+)/g)].map(([, path]) => path)).toEqual(
      Array.from({ length: 16 }, (_, i) => `/${i}`),
    );
    gates.length = 0;
    for (let i = 0; i < 17; i++) connection.write(GET);
    expect(await connection.closed()).toBe(true);
    for (const release of gates) release();
  });

  test('responses that wait for their reader do not count as requests in flight', async () => {
    const { origin } = await serving(() => new Response(new Uint8Array(8 << 20)), { maxInFlight: 2 });
    const readers = Array.from({ length: 10 }, () => deaf(origin));
    for (const reader of readers) {
      reader.write(GET);
      await expect.poll(async () => (await fetch(origin)).status, BUSY).toBe(200);
    }
    expect(readers.every(({ socket }) => !socket.destroyed)).toBe(true);
  });

  test('one address has a limited number of connections, and a free one when one closes', async () => {
    const { origin } = await serving(() => new Response('ok'), { connectionsPerAddress: 3 });
    const connections = Array.from({ length: 3 }, () => rawConnection(origin));
    open.push(...connections.map((connection) => ({ close: () => connection.destroy() })));
    for (const connection of connections) {
      connection.write(GET);
      expect(await connection.until((text) => text.endsWith('ok'))).toContain(' 200 ');
    }
    expect(await rawConnection(origin).closed()).toBe(true);
    connections[0]?.destroy();
    await expect
      .poll(async () => {
        const again = rawConnection(origin);
        again.write(GET);
        const text = await again.until((received) => received.endsWith('ok'));
        again.destroy();
        return text.includes(' 200 ');
      }, BUSY)
      .toBe(true);
  });
});

describe('N37 a response must be read in time', () => {
  test.each([
    ['a whole one: RESPONSE_MS', () => new Response(new Uint8Array(32 << 20)), { responseMs: 300 }],
    ['a stream: the time of a stream', () => new Response(endless(), FLOWING), { streamMs: 300 }],
  ])('%s', async (_which, answer, limit) => {
    let closed: Promise<unknown> | undefined;
    const { origin } = await serving((_request, { socket }) => {
      closed = once(socket, 'close');
      return answer();
    }, limit);
    const reader = deaf(origin);
    reader.write(GET);
    const timer = setInterval(() => reader.socket.read(1), 20); // reads, but slowly
    await expect.poll(() => closed, BUSY).toBeDefined();
    await closed;
    clearInterval(timer);
  });

  test('a body that fails closes the connection of a client that does not read', async () => {
    let breakOff: (() => void) | undefined;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        breakOff = () => controller.error(new Error('over'));
      },
      pull: (controller) => controller.enqueue(new Uint8Array(1 << 20)),
    });
    let closed: Promise<unknown> | undefined;
    const { origin } = await serving((_request, { socket }) => {
      closed = once(socket, 'close');
      return new Response(body, FLOWING);
    });
    const reader = deaf(origin);
    reader.write(GET);
    await expect.poll(() => reader.socket.bytesRead, BUSY).toBeGreaterThan(0);
    breakOff?.();
    await closed;
    reader.socket.resume();
    expect(await reader.closed()).toBe(true);
    expect(reader.received.endsWith('0\r\n\r\n')).toBe(false);
  });
});

describe('requests in flight', () => {
  test('the limit is exact', async () => {
    const gates: (() => void)[] = [];
    const { origin } = await serving(
      async () => {
        await new Promise<void>((resolve) => gates.push(resolve));
        return new Response('ok');
      },
      { maxInFlight: 5 },
    );
    const first = Array.from({ length: 5 }, () => fetch(origin));
    await expect.poll(() => gates.length, BUSY).toBe(5);
    expect((await fetch(origin)).status).toBe(503);
    for (const release of gates) release();
    expect((await Promise.all(first)).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
  });

  test('a client that disconnects in the middle of a response frees its place', async () => {
    const { origin } = await serving(() => new Response(endless(), FLOWING), { maxInFlight: 2 });
    for (let i = 0; i < 10; i++) {
      const connection = rawConnection(origin);
      connection.write(GET);
      await expect
        .poll(async () => {
          const text = await connection.until((received) => received.includes('\r\n'));
          return text.slice(9, 12);
        }, BUSY)
        .toBe('200');
      connection.socket.resetAndDestroy();
      await expect
        .poll(async () => {
          const response = await fetch(origin);
          await response.body?.cancel();
          return response.status;
        }, BUSY)
        .toBe(200);
    }
  });
});

import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { readdirSync } from 'node:fs';
import type { Socket } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { PROBLEMS, problemText } from '@sotto/http';
import { rawConnection, rawExchange, wholeResponse } from '../../../test/support/raw-connection.ts';
import { recordingServer, type RecordingServer } from '../../../test/support/recording-server.ts';
import { startOnNode, vars, type RunningRelay } from './start-relay.ts';
import { eventually } from './told.ts';

const POST = 'POST /ohttp HTTP/1.1\r\nhost: relay.example\r\ncontent-type: message/ohttp-req\r\n';
const BODY = 'x'.repeat(64);

const descriptors = (): number => readdirSync('/proc/self/fd').length;

describe("limits of Node's own server", () => {
  let gateway: RecordingServer;
  let relay: RunningRelay;
  const good = async (): Promise<number> => {
    const from = performance.now();
    const answer = await fetch(`${relay.url}/ohttp`, {
      method: 'POST',
      body: BODY,
      headers: { 'content-type': 'message/ohttp-req' },
    });
    await answer.arrayBuffer();
    return answer.status === 200 ? performance.now() - from : Number.POSITIVE_INFINITY;
  };
  /**
   * The median time of this many exchanges in milliseconds, so that single delays of a busy machine do not
   * count.
   */
  const median = async (n: number): Promise<number> => {
    const times: number[] = [];
    for (let i = 0; i < n; i++) times.push(await good());
    return times.toSorted((a, b) => a - b)[n >> 1] ?? 0;
  };

  beforeAll(async () => {
    gateway = await recordingServer((_seen, response) => {
      response.writeHead(200, { 'content-type': 'message/ohttp-res' }).end('sealed');
    });
    relay = await startOnNode(
      vars(gateway.url, {
        REQUEST_MS: '600',
        HEADERS_MS: '500',
        WHOLE_REQUEST_MS: '300000',
        CHECK_MS: '50',
        MAX_REQUEST_BYTES: '65536',
      }),
    );
    await median(50);
  });
  beforeEach(() => gateway.reset());
  afterAll(async () => {
    await relay.close();
    await gateway.close();
  });

  test('R05 at most the limit and 64 KiB of an endless body are read', async () => {
    const accepted: Socket[] = [];
    const accept = (message: unknown): void => void accepted.push((message as { socket: Socket }).socket);
    subscribe('net.server.socket', accept);
    const connection = rawConnection(relay.url);
    connection.write(`${POST}transfer-encoding: chunked\r\n\r\n`);
    const timer = setInterval(() => connection.write(`2000\r\n${'x'.repeat(8192)}\r\n`), 1);
    expect(await connection.closed()).toBe(true);
    clearInterval(timer);
    unsubscribe('net.server.socket', accept);
    expect(connection.received).toMatch(/^HTTP\/1\.1 413 /);
    expect(accepted).toHaveLength(1);
    expect(accepted[0]?.bytesRead).toBeGreaterThan(65_536);
    expect(accepted[0]?.bytesRead).toBeLessThan(65_536 + 65_536 + 16_384); // the limit, 64 KiB, one read
  });

  test('R19 two hundred connections that send headers slowly are closed, and an honest client is hardly slower', async () => {
    const calm = await median(50);
    const slow = Array.from({ length: 200 }, () => rawConnection(relay.url));
    const timers = slow.map((connection) => {
      connection.write('POST /ohttp HTTP/1.1\r\nx-a: ');
      return setInterval(() => connection.write('x'), 100);
    });
    const busy = await median(50);
    const closed = await Promise.all(slow.map((connection) => connection.closed()));
    timers.forEach(clearInterval);
    const after = await median(50);
    expect(closed.every(Boolean)).toBe(true);
    expect(new Set(slow.map(({ received }) => received.split('\r\n\r\n')[1]))).toEqual(
      new Set([problemText(PROBLEMS['request-timeout'])]),
    );
    // A connection that waits for a place waits for HEADERS_MS; one that is refused never gets one.
    expect(busy).toBeLessThan(Math.max(10 * calm, 10 * after, 400));
    expect(gateway.processed).toBe(150);
  });

  test('R20 a body that arrives slowly is refused with 408 at its deadline', async () => {
    const connection = rawConnection(relay.url);
    connection.write(`${POST}content-length: 64\r\n\r\n`);
    const timer = setInterval(() => connection.write('x'), 300); // the 64 bytes arrive long before WHOLE_REQUEST_MS
    const text = await connection.until(wholeResponse);
    clearInterval(timer);
    expect(text).toMatch(/^HTTP\/1\.1 408 /);
    expect(text).toContain(problemText(PROBLEMS['request-timeout']));
    expect(await connection.closed()).toBe(true);
    expect(gateway.seen.filter(({ method }) => method === 'POST')).toEqual([]);
  });

  const SMUGGLED = `POST /ohttp HTTP/1.1\r\nhost: smuggled\r\ncontent-type: message/ohttp-req\r\ncontent-length: 64\r\n\r\n${BODY}`;
  test.each([
    [
      'Content-Length beside Transfer-Encoding',
      `content-length: 6\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
    ],
    ['two lengths', `content-length: 64\r\ncontent-length: 6\r\n\r\n${BODY}`],
    ['two equal lengths', `content-length: 64\r\ncontent-length: 64\r\n\r\n${BODY}`],
    ['an unknown transfer coding', 'transfer-encoding: xchunked\r\n\r\n0\r\n\r\n'],
    ['chunked that is not last', 'transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n'],
    ['bare line feeds', `content-length: 64\nx-a: 1\r\n\r\n${BODY}`],
    ['a folded header line', `x-a: 1\r\n content-length: 64\r\ncontent-length: 64\r\n\r\n${BODY}`],
    ['a chunk size that overflows', 'transfer-encoding: chunked\r\n\r\nffffffffffffffff1\r\nx'],
    ['a space before the colon', `content-length : 64\r\n\r\n${BODY}`],
    ['a length with a sign', `content-length: +64\r\n\r\n${BODY}`],
  ])('R28 %s: 400, closed, and nothing after it is served', async (_what, rest) => {
    const connection = rawConnection(relay.url);
    connection.write(POST + rest + SMUGGLED);
    expect(await connection.closed()).toBe(true);
    expect(connection.received).toMatch(/^HTTP\/1\.1 400 /);
    expect(connection.received.match(/HTTP\/1\.1 /g)).toHaveLength(1);
    expect(connection.received).toContain(problemText(PROBLEMS['bad-request']));
    expect(gateway.seen.filter(({ method }) => method === 'POST')).toEqual([]);
  });

  test.each([
    ['more than 16 KiB of headers', `x-a: ${'x'.repeat(17_000)}\r\n`],
    ['two thousand headers', Array.from({ length: 2000 }, () => 'a:\r\n').join('')],
  ])('R29 %s: 431', async (_what, headers) => {
    const text = await rawExchange(relay.url, `${POST}content-length: 64\r\n${headers}\r\n${BODY}`);
    expect(text).toMatch(/^HTTP\/1\.1 431 /);
    expect(text).toContain(problemText(PROBLEMS['fields-too-large']));
    expect(gateway.seen.filter(({ method }) => method === 'POST')).toEqual([]);
  });

  test('R07 an absolute-form target is refused, also with our own name', async () => {
    for (const target of [`${relay.url}/ohttp`, 'http://evil.example/ohttp', '*']) {
      const head = POST.replace('/ohttp', target);
      expect(await rawExchange(relay.url, `${head}content-length: 64\r\n\r\n${BODY}`)).toMatch(
        /^HTTP\/1\.1 40[04] /,
      );
    }
    expect(gateway.seen.filter(({ method }) => method === 'POST')).toEqual([]);
  });

  test('an upgrade is not followed', async () => {
    const head = 'GET /ohttp HTTP/1.1\r\nhost: r\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n';
    expect(await rawExchange(relay.url, head)).toMatch(/^HTTP\/1\.1 405 /);
  });

  test('R22 after a thousand clients that disconnect while reading no file descriptor is left open', async () => {
    await eventually(() => false, 100);
    const before = descriptors();
    gateway.early = (_request, response) =>
      void response.writeHead(200, { 'content-type': 'message/ohttp-res' }).write('x');
    for (let round = 0; round < 10; round++) {
      await Promise.all(
        Array.from({ length: 100 }, async () => {
          const connection = rawConnection(relay.url);
          connection.write(`${POST}content-length: 64\r\n\r\n${BODY}`);
          await eventually(() => connection.socket.bytesWritten > 0);
          await connection.until(() => false, 20);
          connection.socket.resetAndDestroy();
        }),
      );
    }
    expect(await eventually(() => descriptors() <= before + 10)).toBe(true);
  });
});

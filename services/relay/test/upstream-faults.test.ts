import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { PROBLEMS } from '@sotto/http';
import { faultProxy, type FaultProxy } from '../../../test/support/fault-proxy.ts';
import { rawConnection } from '../../../test/support/raw-connection.ts';
import { recordingServer, type RecordingServer } from '../../../test/support/recording-server.ts';
import { RELAYS, vars, type RunningRelay } from './start-relay.ts';
import { eventually, problem, told } from './told.ts';

const CHUNKED = 'message/ohttp-chunked-req';
const GATEWAY_MS = 800;
const STREAM_BYTES = 262_144;

describe.each(RELAYS)('faults between the relay on %s and its gateway', (_name, start) => {
  let gateway: RecordingServer;
  let proxy: FaultProxy;
  let relay: RunningRelay;
  const post = (type = 'message/ohttp-req', body: Uint8Array<ArrayBuffer> = new Uint8Array(64)) =>
    fetch(`${relay.url}/ohttp`, { method: 'POST', body, headers: { 'content-type': type } });

  beforeAll(async () => {
    gateway = await recordingServer((_seen, response) => void response.writeHead(404).end());
    proxy = await faultProxy(gateway.port);
    relay = await start(
      vars(proxy.url, {
        GATEWAY_MS: `${GATEWAY_MS}`,
        MAX_RESPONSE_BYTES: '65536',
        MAX_STREAM_BYTES: `${STREAM_BYTES}`,
      }),
    );
    await fetch(`${relay.url}/bundle`).catch(() => {});
  });
  beforeEach(async () => {
    // A connection kept open from the previous test would not have the faults of this one.
    gateway.reset();
    gateway.answer = (_seen, response) => {
      response
        .writeHead(200, { 'content-type': 'message/ohttp-res', connection: 'close' })
        .end('s'.repeat(2000));
    };
    proxy.faults = {};
    await post();
    await eventually(() => proxy.open === 0);
    gateway.reset();
  });
  afterAll(async () => {
    await relay.close();
    await proxy.close();
    await gateway.close();
  });

  test('R10 a gateway that refuses the connection: 502, tried once', async () => {
    proxy.faults = { refuse: true };
    const before = proxy.connections;
    expect(await told(await post())).toEqual(problem(PROBLEMS['bad-gateway']));
    expect(proxy.connections - before).toBe(1);
  });

  test('R11 a gateway that does not respond: 504 at the deadline, one connection, then closed', async () => {
    proxy.faults = { blackhole: true };
    const before = proxy.connections;
    const from = performance.now();
    expect(await told(await post())).toEqual(problem(PROBLEMS['gateway-timeout']));
    expect(performance.now() - from).toBeGreaterThan(GATEWAY_MS * 0.9); // timing.test.ts checks the exact time
    expect(proxy.connections - before).toBe(1);
    expect(await eventually(() => proxy.open === 0)).toBe(true);
  });

  test.each([
    ['rst', 40],
    ['fin', 40],
    ['rst', 600],
    ['fin', 600],
  ] as const)('R12 a response cut by %s after %i bytes: 502, processed once', async (how, afterBytes) => {
    proxy.faults = { cut: { direction: 'down', afterBytes, how } };
    const before = proxy.connections;
    expect(await told(await post())).toEqual(problem(PROBLEMS['bad-gateway']));
    expect(gateway.processed).toBe(1);
    expect(proxy.connections - before).toBe(1);
  });

  test.each(['5, 5', '5,6', '+5', '9007199254740993', '7'])(
    'R12 a response of 5 bytes with Content-Length "%s": 502, processed once',
    async (length) => {
      gateway.answer = (_seen, { socket }) => {
        socket?.end(
          `HTTP/1.1 200 OK\r\ncontent-type: message/ohttp-res\r\nconnection: close\r\ncontent-length: ${length}\r\n\r\nhello`,
        );
      };
      expect(await told(await post())).toEqual(problem(PROBLEMS['bad-gateway']));
      expect(gateway.processed).toBe(1);
      expect(await eventually(() => proxy.open === 0)).toBe(true);
    },
  );

  test('R12 a gateway that responds slowly: 504 at the deadline for the whole response', async () => {
    proxy.faults = { dribble: { direction: 'down', everyMs: 20 } };
    expect(await told(await post())).toEqual(problem(PROBLEMS['gateway-timeout']));
    expect(gateway.processed).toBe(1);
  });

  test('R12 a chunked response that is cut never looks complete', async () => {
    gateway.answer = (_seen, response) => {
      response.writeHead(200, { 'content-type': 'message/ohttp-chunked-res', connection: 'close' });
      response.end('s'.repeat(4000));
    };
    proxy.faults = { cut: { direction: 'down', afterBytes: 2000, how: 'fin' } };
    const response = await post(CHUNKED);
    expect(response.status).toBe(200);
    await expect(response.arrayBuffer()).rejects.toThrow(/terminated|aborted/);
    expect(gateway.processed).toBe(1);
  });

  test('R17 an endless response is cut at the limit, and the connection to the gateway is closed', async () => {
    let written = 0;
    gateway.answer = (_seen, response) => {
      response.writeHead(200, { 'content-type': 'message/ohttp-res' });
      const more = (): void => {
        if (response.destroyed || written > 100e6) return;
        written += 65_536;
        if (response.write(Buffer.alloc(65_536))) setImmediate(more);
        else response.once('drain', more);
      };
      more();
    };
    expect(await told(await post())).toEqual(problem(PROBLEMS['bad-gateway']));
    expect(await eventually(() => proxy.open === 0)).toBe(true);
    expect(written).toBeLessThan(20e6); // the capacity of the buffers of two sockets
  });

  test('R17 an endless chunked response is cut at the limit of a stream', async () => {
    gateway.answer = (_seen, response) => {
      response.writeHead(200, { 'content-type': 'message/ohttp-chunked-res' });
      const more = (): void => {
        if (response.destroyed) return;
        if (response.write(Buffer.alloc(65_536))) setImmediate(more);
        else response.once('drain', more);
      };
      more();
    };
    const connection = rawConnection(relay.url);
    const head = `POST /ohttp HTTP/1.1\r\nhost: r\r\ncontent-type: ${CHUNKED}\r\ncontent-length: 64\r\n\r\n`;
    connection.write(head + 'x'.repeat(64));
    expect(await connection.closed()).toBe(true); // long before STREAM_MS
    expect(connection.received.length).toBeGreaterThan(STREAM_BYTES / 2);
    expect(connection.received.length).toBeLessThan(STREAM_BYTES + 16_384); // with its framing
    expect(connection.received.endsWith('0\r\n\r\n')).toBe(false);
    expect(await eventually(() => proxy.open === 0)).toBe(true);
  });

  test.each(['with', 'without'])(
    'R05 a chunked upload above the limit, %s a Content-Length, is refused and never looks complete to the gateway',
    async (length) => {
      const body = new Uint8Array(2 * STREAM_BYTES);
      const flowing = new ReadableStream({
        start(controller) {
          for (let at = 0; at < body.length; at += 65_536) controller.enqueue(body.subarray(at, at + 65_536));
          controller.close();
        },
      });
      const response = await fetch(`${relay.url}/ohttp`, {
        method: 'POST',
        headers: { 'content-type': CHUNKED },
        ...(length === 'with' ? { body } : { body: flowing, duplex: 'half' as const }),
      });
      expect(await told(response)).toEqual(problem(PROBLEMS['content-too-large']));
      expect(await eventually(() => proxy.open === 0)).toBe(true);
      await eventually(() => gateway.seen.length > 0, 300);
      expect(gateway.processed).toBe(0);
    },
  );

  test('R30 a chunked upload streams: its first byte reaches the gateway before its last is sent', async () => {
    const first = Promise.withResolvers<void>();
    gateway.early = (request, response) => {
      request.once('data', () => first.resolve());
      request.once('end', () => {
        response.writeHead(200, { 'content-type': 'message/ohttp-chunked-res' }).end('done');
      });
    };
    const connection = rawConnection(relay.url);
    connection.socket.setNoDelay(true);
    connection.write(
      `POST /ohttp HTTP/1.1\r\nhost: r\r\ncontent-type: ${CHUNKED}\r\nincremental: ?1\r\ncontent-length: 200\r\n\r\n`,
    );
    for (let i = 0; i < 199; i++) {
      connection.write('x');
      await new Promise((resolve) => setTimeout(resolve, 1)); // so that they arrive in many pieces
    }
    await first.promise;
    connection.write('x');
    const text = await connection.until((all) => all.includes('done'));
    connection.destroy();
    expect(text).toMatch(/^HTTP\/1\.1 200 /);
    expect(text.toLowerCase()).toContain('incremental: ?1');
    expect(await eventually(() => gateway.seen.length === 1)).toBe(true);
    expect(gateway.seen[0]?.body).toHaveLength(200);
    expect(gateway.seen[0]?.headers).toContainEqual(['incremental', '?1']);
  });

  test('R30 both directions stream at the same time, chunk by chunk', async () => {
    gateway.early = (request, response) => {
      response.writeHead(200, { 'content-type': 'message/ohttp-chunked-res' });
      request.on('data', (chunk: Buffer) => response.write(`<${chunk.length}>`));
      request.once('end', () => response.end());
    };
    const connection = rawConnection(relay.url);
    const head = `POST /ohttp HTTP/1.1\r\nhost: r\r\ncontent-type: ${CHUNKED}\r\ntransfer-encoding: chunked\r\n\r\n`;
    connection.write(`${head}64\r\n${'x'.repeat(100)}\r\n`);
    expect(await connection.until((text) => text.includes('<100>'))).toContain('<100>');
    connection.write(`32\r\n${'x'.repeat(50)}\r\n`);
    expect(await connection.until((text) => text.includes('<50>'))).toContain('<50>');
    connection.write('0\r\n\r\n');
    expect(await connection.until((text) => text.endsWith('0\r\n\r\n'))).toMatch(/0\r\n\r\n$/);
    connection.destroy();
  });
});

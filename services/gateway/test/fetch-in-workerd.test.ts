import '../../local/src/offline-env.ts';
import { gzipSync } from 'node:zlib';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { build } from 'esbuild';
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { ok, raw, rawServer, type RawServer } from './support/raw-server.ts';

/** The adapter alone in workerd, as it is deployed, because its fetch differs from Node's. */
const ENTRY = `
  import { fetchService } from '../src/service/fetch-service.ts';
  export default {
    async fetch(request) {
      const { base, path, timeout, stream } = await request.json();
      const breaking = new AbortController();
      const deadline = AbortSignal.any([AbortSignal.timeout(timeout), breaking.signal]);
      const whole = new TextEncoder().encode('{"q":"cat"}');
      let pieces = 0;
      const arriving = new ReadableStream({
        async pull(controller) {
          if (pieces++ < 2) return controller.enqueue(whole);
          if (stream === 'whole') return controller.close();
          await scheduler.wait(50);
          breaking.abort();
          throw new Error('the request broke off');
        },
      }, { highWaterMark: 0 });
      const content = stream === undefined ? whole : arriving;
      const service = fetchService(base, (url, init) => fetch(url, init));
      try {
        const answer = await service.call({ method: 'POST', path, contentType: 'application/json', fields: [], content }, deadline);
        const text = await new Response(answer.content).text();
        return Response.json({ status: answer.status, fields: answer.fields, text });
      } catch (error) {
        return Response.json({ code: typeof error.code === 'string' ? error.code : 'fault', late: deadline.aborted });
      }
    },
  };`;

let miniflare: Miniflare;
const open: RawServer[] = [];

beforeAll(async () => {
  const { outputFiles } = await build({
    stdin: { contents: ENTRY, resolveDir: import.meta.dirname, loader: 'ts' },
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2024',
    conditions: ['workerd', 'worker', 'import'],
  });
  miniflare = new Miniflare(
    convertV4MiniflareOptions({
      workers: [
        {
          name: 'adapter',
          modules: true,
          script: outputFiles[0]?.text ?? '',
          compatibilityDate: '2026-10-23',
          compatibilityFlags: ['global_fetch_strictly_public', 'webcrypto_modern_algorithms'],
        },
      ],
      cf: false,
      log: new Log(LogLevel.ERROR),
      telemetry: { enabled: false },
      unsafeObservability: false,
    }),
  );
  await miniflare.ready;
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});
afterAll(() => miniflare.dispose());

interface Outcome {
  readonly status?: number;
  readonly fields?: readonly (readonly [string, string])[];
  readonly text?: string;
  readonly code?: string;
  readonly late?: boolean;
}

interface Asking {
  readonly timeout?: number;
  /** Content that streams, whole or broken off after its second piece. */
  readonly stream?: 'whole' | 'broken';
}

async function outcomeOf(base: string, { timeout = 2000, stream }: Asking = {}): Promise<Outcome> {
  const response = await miniflare.dispatchFetch('http://adapter/', {
    method: 'POST',
    body: JSON.stringify({ base, path: '/v1/search?a=%20b', timeout, stream }),
  });
  return (await response.json()) as Outcome;
}

async function ask(
  answer: (socket: Socket, request: string) => void,
  asking: Asking = {},
): Promise<{ server: RawServer; outcome: Outcome }> {
  const server = await rawServer(answer);
  open.push(server);
  return { server, outcome: await outcomeOf(server.url, asking) };
}

describe('a plain service, called from workerd', () => {
  test('B11 B35 sees the fixed header set and the content', async () => {
    const { server, outcome } = await ask(ok(['content-type: application/json', 'set-cookie: a=b'], '{}'));
    expect(outcome).toEqual({ status: 200, fields: [['content-type', 'application/json']], text: '{}' });
    const [head = '', body] = (server.requests[0] ?? '').split('\r\n\r\n');
    const [line, ...headers] = head.split('\r\n').map((header) => header.toLowerCase());
    expect([line, body]).toEqual(['post /v1/search?a=%20b http/1.1', '{"q":"cat"}']);
    expect(headers.toSorted()).toEqual([
      'accept-encoding: identity',
      'cf-worker: adapter.example.com', // added by the platform: the gateway's own zone
      'content-length: 11',
      'content-type: application/json',
      `host: 127.0.0.1:${server.port}`,
    ]);
  });

  test.each([301, 302, 303, 307, 308])('B24 a redirect by %i is not followed', async (status) => {
    const elsewhere = await rawServer(ok([], 'followed'));
    open.push(elsewhere);
    const { outcome } = await ask(
      raw([`HTTP/1.1 ${status} x`, `location: ${elsewhere.url}/`, 'content-length: 0', 'connection: close']),
    );
    expect(outcome).toMatchObject({ status, fields: [['location', `${elsewhere.url}/`]] });
    expect(elsewhere.connections()).toBe(0);
  });

  test('B29 a content coding is not decoded', async () => {
    const body = gzipSync(Buffer.alloc(10 << 20)).toString('latin1');
    const { outcome } = await ask(ok(['content-encoding: gzip'], body));
    expect(outcome).toEqual({ code: 'bad-gateway', late: false });
  });

  test.each([
    'HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade',
    'HTTP/1.1 600 x',
  ])('B30 %j is not a valid response', async (head) => {
    const { outcome } = await ask(raw([head, 'content-length: 0']), { timeout: 500 });
    expect(outcome.status).toBeUndefined();
    expect(['bad-gateway', 'fault']).toContain(outcome.code);
  });

  test.each(['5, 5', '5\r\ncontent-length: 5'])(
    'B32 a response with Content-Length %j is a bad gateway, as on Node',
    async (length) => {
      const { outcome } = await ask(raw(['HTTP/1.1 200 OK', `content-length: ${length}`], 'hello'));
      expect(outcome).toEqual({ code: 'bad-gateway', late: false });
    },
  );

  test('B25 B26 is called once, until the deadline', async () => {
    const cut = await ask((socket) => socket.resetAndDestroy());
    expect(cut.outcome).toEqual({ code: 'fault', late: false });
    expect(cut.server.requests).toHaveLength(1);
    const hole = await ask(() => {}, { timeout: 300 });
    expect(hole.outcome).toEqual({ code: 'fault', late: true });
    expect(hole.server.requests).toHaveLength(1);
  });

  test('gets content as it arrives, and never treats failed content as complete', async () => {
    let seen: (what: string) => void = () => {};
    const server = createServer((request, response) => {
      let text = '';
      request.setEncoding('utf8').on('data', (more: string) => (text += more));
      request.on('error', () => {});
      request.once('close', () => seen(request.complete ? `whole ${text}` : 'broken off'));
      request.once('end', () => response.end('ok'));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    open.push({ close: async () => void server.close() } as RawServer);
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    for (const [stream, what, code] of [
      ['whole', 'whole {"q":"cat"}{"q":"cat"}', undefined],
      ['broken', 'broken off', 'fault'],
    ] as const) {
      const seeing = new Promise((resolve) => (seen = resolve));
      const outcome = await outcomeOf(url, { stream });
      expect([await seeing, outcome.code]).toEqual([what, code]);
    }
  });
});

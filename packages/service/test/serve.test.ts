import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Serving } from '@sotto/http/node';
import { PROBLEMS, problemResponse, type ProblemCode } from '@sotto/http';
import { serve, type ServeOptions } from '../src/node/index.ts';
import { rawConnection, rawExchange } from '../../../test/support/raw-connection.ts';

const open: Serving[] = [];
afterEach(async () => {
  vi.restoreAllMocks();
  await Promise.all(open.splice(0).map((one) => one.close()));
});

const refuse = (code: ProblemCode): Response => problemResponse(PROBLEMS[code], { 'x-refused': '1' });

const SETTINGS = {
  host: '127.0.0.1',
  port: 0,
  maxInFlight: 100,
  drainMs: 2000,
  responseMs: 30_000,
  connectionsPerAddress: 1024,
};

async function serving(respond: ServeOptions['respond'], more: Partial<ServeOptions> = {}): Promise<Serving> {
  const one = await serve({ ...SETTINGS, respond, refuse, ...more });
  open.push(one);
  return one;
}

const eventually = async (is: () => boolean): Promise<boolean> => {
  for (let i = 0; i < 1000 && !is(); i++) await new Promise((resolve) => setTimeout(resolve, 10));
  return is();
};

describe('an app behind the server of Node', () => {
  test('a check in HTTP/1.0 without Host gets a response, and HTTP/1.1 without it is refused', async () => {
    const { origin } = await serving(() => new Response('well'));
    const first = async (version: string): Promise<string> =>
      (await rawExchange(origin, `GET /health HTTP/${version}\r\nConnection: close\r\n\r\n`)).split(
        '\r\n',
      )[0] ?? '';
    expect(await first('1.0')).toBe('HTTP/1.1 200 OK');
    expect(await first('1.1')).toBe('HTTP/1.1 400 Bad Request');
  });

  test('a client that half-closed its connection gets a response from the operator listener, and counts as gone at the others', async () => {
    const received = async (more: Partial<ServeOptions>): Promise<string> => {
      let asked = (): void => {};
      const isAsked = new Promise<void>((resolve) => (asked = resolve));
      let answerNow = (): void => {};
      const isDue = new Promise<void>((resolve) => (answerNow = resolve));
      const { origin } = await serving(async (_request, incoming) => {
        asked();
        incoming.socket.once('end', answerNow); // the server has noticed that the client sends no more
        await isDue;
        return new Response('well');
      }, more);
      const connection = rawConnection(origin);
      connection.write('GET /readyz HTTP/1.1\r\nhost: localhost\r\n\r\n');
      await isAsked;
      connection.socket.end();
      expect(await connection.closed()).toBe(true);
      return connection.received.split('\r\n')[0] ?? '';
    };
    expect(await received({ answersHalfClosed: true })).toBe('HTTP/1.1 200 OK');
    expect(await received({})).toBe('');
  });

  test('a response has a length, and a stream has none', async () => {
    const { origin } = await serving(async (request) => {
      const body = await request.text();
      const headers = { 'content-type': 'text/plain', ...(body === 'flow' && { incremental: '?1' }) };
      return new Response(new Blob(['sea', 'led']).stream(), { headers });
    });
    const post = (body: string) => fetch(origin, { method: 'POST', body });
    const whole = await post('whole');
    expect([whole.headers.get('content-length'), await whole.text()]).toEqual(['6', 'sealed']);
    const flowing = await post('flow');
    expect([flowing.headers.get('content-length'), await flowing.text()]).toEqual([null, 'sealed']);
  });

  test('a relay that disconnects in the middle of a response ends its source, and nothing is logged', async () => {
    const said = (['log', 'info', 'warn', 'error'] as const).map((name) => vi.spyOn(console, name));
    let ended = 0;
    const { origin } = await serving(
      () =>
        new Response(
          new ReadableStream({
            pull: async (controller) => {
              await new Promise((resolve) => setTimeout(resolve, 5));
              controller.enqueue(new Uint8Array(1000));
            },
            cancel: () => void ended++,
          }),
          { headers: { incremental: '?1' } },
        ),
    );
    for (let i = 0; i < 5; i++) {
      const connection = rawConnection(origin);
      connection.write('GET / HTTP/1.1\r\nhost: gateway.example\r\n\r\n');
      await connection.until((text) => text.length > 500);
      if (i % 2 === 0) connection.socket.resetAndDestroy();
      else connection.destroy();
    }
    expect(await eventually(() => ended === 5)).toBe(true);
    expect(said.map((spy) => spy.mock.calls.length)).toEqual([0, 0, 0, 0]);
  });

  test('a response that fails closes the connection and never looks complete', async () => {
    const { origin } = await serving(
      () =>
        new Response(
          new ReadableStream({
            pull(controller) {
              controller.enqueue(new Uint8Array(100));
              controller.error(new Error('broke'));
            },
          }),
          { headers: { incremental: '?1' } },
        ),
    );
    const connection = rawConnection(origin);
    connection.write('GET / HTTP/1.1\r\nhost: gateway.example\r\n\r\n');
    expect(await connection.closed()).toBe(true);
    expect(connection.received.endsWith('0\r\n\r\n')).toBe(false);
  });

  test('requests over the in-flight limit get 503, and bytes that are not a request 400', async () => {
    const gate = Promise.withResolvers<void>();
    let busy = 0;
    const { origin } = await serving(
      async () => {
        busy++;
        await gate.promise;
        return new Response('done');
      },
      { maxInFlight: 3 },
    );
    const first = Array.from({ length: 3 }, () => fetch(origin));
    expect(await eventually(() => busy === 3)).toBe(true);
    const more = await fetch(origin);
    expect([more.status, more.headers.get('x-refused')]).toEqual([503, '1']);
    gate.resolve();
    expect((await Promise.all(first)).map(({ status }) => status)).toEqual([200, 200, 200]);
    for (const bytes of [
      'GET / HTTP/1.1\r\n\r\n',
      'GARBAGE\r\n\r\n',
      'GET / HTTP/1.1\r\nhost: a b\r\n\r\n',
    ]) {
      expect(await rawExchange(origin, bytes)).toMatch(/^HTTP\/1\.1 400 /);
    }
  });

  test('X01 on a stop it finishes the requests in flight and accepts no more', async () => {
    const gate = Promise.withResolvers<void>();
    let busy = 0;
    const respond = async (): Promise<Response> => {
      busy++;
      await gate.promise;
      return new Response('done');
    };
    const one = await serving(respond, { drainMs: 600_000 }); // it stops when they are finished, and not by time
    const pending = Array.from({ length: 50 }, () => fetch(one.origin).then((answer) => answer.text()));
    expect(await eventually(() => busy === 50)).toBe(true);
    const closed = one.close();
    await expect(fetch(one.origin)).rejects.toThrow('fetch failed');
    gate.resolve();
    expect(new Set(await Promise.all(pending))).toEqual(new Set(['done']));
    await closed;
    open.length = 0;
  });

  test('a peer that is refused before the end of its upload can read the response', async () => {
    const { origin } = await serving(() => new Response('no', { status: 413 }));
    const connection = rawConnection(origin);
    connection.write('POST / HTTP/1.1\r\nhost: g\r\ncontent-length: 50000\r\n\r\n');
    connection.write('x'.repeat(20_000));
    expect(await connection.until((text) => text.includes('no'))).toMatch(/^HTTP\/1\.1 413 /);
    expect(await connection.closed()).toBe(true);
  });
});

import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { MALFORMED_LENGTHS } from '../../../test/support/content-lengths.ts';
import { collect, HttpError, readBody } from '../src/index.ts';

const never = new AbortController().signal;

type Kind = 'default' | 'bytes';

/**
 * A body of pieces, and a record of what happened to it. The platform writes a byte stream into the reader's
 * memory.
 */
function source(
  kind: Kind,
  pieces: Iterable<Uint8Array<ArrayBuffer>>,
  end: 'close' | 'hang' | 'error' = 'close',
) {
  const state = { pulled: 0, cancelled: false };
  const iterator: Iterator<Uint8Array<ArrayBuffer>> = pieces[Symbol.iterator]();
  const pull = (controller: ReadableStreamDefaultController | ReadableByteStreamController) => {
    const { done, value } = iterator.next();
    if (!done) {
      state.pulled += value.length;
      controller.enqueue(value.slice());
      return undefined;
    }
    if (end === 'close') controller.close();
    if (end === 'close' && 'byobRequest' in controller) controller.byobRequest?.respond(0);
    if (end === 'error') controller.error(new Error('reset by peer'));
    return end === 'hang' ? new Promise<void>(() => {}) : undefined;
  };
  const cancel = (): void => {
    state.cancelled = true;
  };
  const stream =
    kind === 'bytes'
      ? new ReadableStream({ type: 'bytes', pull, cancel })
      : new ReadableStream<Uint8Array<ArrayBuffer>>({ pull, cancel }, { highWaterMark: 0 });
  return { stream, state };
}
function* repeat(piece: Uint8Array<ArrayBuffer>, times: number): Generator<Uint8Array<ArrayBuffer>> {
  for (let i = 0; i < times; i++) yield piece;
}
const code = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'no error',
    (error: unknown) => (error instanceof HttpError ? error.code : `not ours: ${String(error)}`),
  );
const body = (stream: ReadableStream<Uint8Array<ArrayBuffer>> | null, length?: string) => ({
  headers: new Headers(length === undefined ? {} : { 'content-length': length }),
  body: stream,
});

describe.each(['default', 'bytes'] as const)('a stream of kind %s', (kind) => {
  test('a body in any pieces is read completely', async () => {
    const whole = Uint8Array.from({ length: 20_000 }, (_, i) => i % 251);
    for (const size of [7, 64, 16_384, 20_000]) {
      const pieces = Array.from({ length: Math.ceil(whole.length / size) }, (_, i) =>
        whole.subarray(i * size, (i + 1) * size),
      );
      for (const first of [undefined, 1]) {
        const got = await collect(source(kind, pieces).stream, 20_000, never, undefined, first);
        expect(Buffer.compare(got, whole)).toBe(0);
      }
    }
  });

  test('a body that has its declared length is complete, and the end of the stream is not waited for', async () => {
    const pieces = () => [new Uint8Array(7).fill(1), new Uint8Array(13).fill(2)];
    const whole = new Uint8Array(Buffer.concat(pieces()));
    expect(await collect(source(kind, pieces(), 'hang').stream, 100, never, 20)).toEqual(whole);
    const request = body(source(kind, pieces(), 'hang').stream, '20');
    expect(await readBody(request, { maxBytes: 100, deadline: never })).toEqual(whole);
    const short = source(kind, pieces(), 'error').stream;
    expect(await code(collect(short, 100, never, 21))).toBe('bad-request');
  });

  test('a byte stream is read up to its declared length in one call, whatever its pieces', async () => {
    const read = vi.spyOn(ReadableStreamBYOBReader.prototype, 'read');
    onTestFinished(() => read.mockRestore());
    const pieces = [7, 13, 30].map((length, i) => new Uint8Array(length).fill(i));
    const whole = new Uint8Array(Buffer.concat(pieces));
    expect(await collect(source(kind, pieces, 'hang').stream, 100, never, 50)).toEqual(whole);
    expect(read).toHaveBeenCalledTimes(kind === 'bytes' ? 1 : 0);
  });

  test('no body and an empty one are no bytes', async () => {
    expect(await readBody(body(null), { maxBytes: 10, deadline: never })).toHaveLength(0);
    expect(
      await readBody(body(source(kind, []).stream, '0'), { maxBytes: 10, deadline: never }),
    ).toHaveLength(0);
  });

  test('R04 a Content-Length above the limit is refused before anything is read', async () => {
    const { stream, state } = source(kind, repeat(new Uint8Array(10), 100));
    expect(await code(readBody(body(stream, '11'), { maxBytes: 10, deadline: never }))).toBe(
      'content-too-large',
    );
    expect(state.pulled).toBe(0);
  });

  test('R04 the limit itself is allowed, one byte more is not', async () => {
    expect(await collect(source(kind, [new Uint8Array(10)]).stream, 10, never)).toHaveLength(10);
    expect(await code(collect(source(kind, [new Uint8Array(11)]).stream, 10, never))).toBe(
      'content-too-large',
    );
    expect(await code(collect(source(kind, repeat(new Uint8Array(1), 11)).stream, 10, never))).toBe(
      'content-too-large',
    );
  });

  test('R05 at most the limit and one piece of an endless body are read, and it is cancelled', async () => {
    const { stream, state } = source(kind, repeat(new Uint8Array(1000), 1e9));
    expect(await code(readBody(body(stream), { maxBytes: 10_000, deadline: never }))).toBe(
      'content-too-large',
    );
    expect(state.pulled).toBe(11_000);
    expect(state.cancelled).toBe(true);
  });

  test('R05 a body longer than its Content-Length is refused and cancelled, also below the limit', async () => {
    const { stream, state } = source(kind, repeat(new Uint8Array(10), 3));
    expect(await code(readBody(body(stream, '5'), { maxBytes: 20, deadline: never }))).toBe('bad-request');
    expect(state).toEqual({ pulled: 10, cancelled: true });
  });

  test.each([[[]], [[5]], [[3, 2]]])(
    'R05 a body of pieces %j that ends before its Content-Length is refused',
    async (lengths) => {
      const pieces = lengths.map((length) => new Uint8Array(length));
      const request = body(source(kind, pieces).stream, '6');
      expect(await code(readBody(request, { maxBytes: 20, deadline: never }))).toBe('bad-request');
    },
  );

  test.each(MALFORMED_LENGTHS)('R05 Content-Length "%s" is refused', async (length) => {
    const headers = { get: () => length } as unknown as Headers;
    const { stream, state } = source(kind, [new Uint8Array(5)]);
    expect(await code(readBody({ headers, body: stream }, { maxBytes: 10, deadline: never }))).toBe(
      'bad-request',
    );
    expect(state.pulled).toBe(0);
  });

  test('R20 a body that arrives slowly is cancelled at the deadline of the whole, not of a piece', async () => {
    let tick: ReturnType<typeof setInterval> | undefined;
    let cancelled = false;
    let sent = 0;
    const late = new AbortController();
    const dribble = {
      start(controller: ReadableStreamDefaultController | ReadableByteStreamController) {
        tick = setInterval(() => {
          controller.enqueue(new Uint8Array(1));
          if (++sent === 10) late.abort();
        }, 5);
      },
      cancel() {
        clearInterval(tick);
        cancelled = true;
      },
    };
    const stream =
      kind === 'bytes' ? new ReadableStream({ type: 'bytes', ...dribble }) : new ReadableStream(dribble);
    expect(await code(collect(stream as ReadableStream<Uint8Array>, 1000, late.signal))).toBe(
      'request-timeout',
    );
    expect(sent).toBe(10);
    expect(cancelled).toBe(true);
  });

  test('R20 a body that hangs, and one whose deadline has passed, are cancelled', async () => {
    expect(
      await code(collect(source(kind, [new Uint8Array(1)], 'hang').stream, 10, AbortSignal.timeout(20))),
    ).toBe('request-timeout');
    const { stream, state } = source(kind, [new Uint8Array(1)]);
    expect(await code(collect(stream, 10, AbortSignal.abort()))).toBe('request-timeout');
    expect(state.pulled).toBe(0);
  });

  test('R21 a body that ends early is refused', async () => {
    expect(await code(collect(source(kind, [new Uint8Array(5)], 'error').stream, 10, never))).toBe(
      'bad-request',
    );
  });

  test('reading a body leaves no listener on the deadline', async () => {
    const listeners = new Set<unknown>();
    const deadline = {
      aborted: false,
      addEventListener: (_type: string, listener: unknown) => listeners.add(listener),
      removeEventListener: (_type: string, listener: unknown) => listeners.delete(listener),
    } as unknown as AbortSignal;
    await collect(source(kind, repeat(new Uint8Array(1), 50)).stream, 100, deadline);
    await code(collect(source(kind, [new Uint8Array(5)], 'error').stream, 10, deadline));
    expect(listeners.size).toBe(0);
  });
});

describe('a request or response with a Content-Length', () => {
  const limits = (deadline = never) => ({ maxBytes: 100, deadline });
  /** A message whose body is what `arrayBuffer` says. A reader of its stream fails. */
  const message = (length: string, arrayBuffer: () => Promise<ArrayBuffer>) => ({
    headers: new Headers({ 'content-length': length }),
    get body(): ReadableStream<Uint8Array> {
      throw new Error('read as a stream');
    },
    arrayBuffer,
  });
  const bytes = async (length: number): Promise<ArrayBuffer> => new Uint8Array(length).fill(7).buffer;

  test.each([0, 1, 100])('of %i bytes is read in one call, and not as a stream', async (length) => {
    const read = vi.fn<() => Promise<ArrayBuffer>>(() => bytes(length));
    expect(await readBody(message(`${length}`, read), limits())).toEqual(new Uint8Array(length).fill(7));
    expect(read).toHaveBeenCalledTimes(1);
  });

  test.each([
    [5, 'bad-request'],
    [7, 'bad-request'],
    [0, 'bad-request'],
  ])('R05 of 6 that has %i bytes is refused: %s', async (length, expected) => {
    expect(
      await code(
        readBody(
          message('6', () => bytes(length)),
          limits(),
        ),
      ),
    ).toBe(expected);
  });

  test.each(['101', '5, 5', '-1'])('R04 R05 with Content-Length "%s" is refused unread', async (length) => {
    const read = vi.fn<() => Promise<ArrayBuffer>>(() => bytes(5));
    expect(await code(readBody(message(length, read), limits()))).toBe(
      length === '101' ? 'content-too-large' : 'bad-request',
    );
    expect(read).not.toHaveBeenCalled();
  });

  test('R20 R21 is refused at its deadline, or when the peer closes the connection', async () => {
    const hang = message('6', () => new Promise(() => {}));
    expect(await code(readBody(hang, limits(AbortSignal.timeout(20))))).toBe('request-timeout');
    expect(await code(readBody(hang, limits(AbortSignal.abort())))).toBe('request-timeout');
    const broken = message('6', () => Promise.reject(new Error('reset by peer')));
    expect(await code(readBody(broken, limits()))).toBe('bad-request');
  });

  test('of the platform is read completely', async () => {
    const whole = new Uint8Array(90).fill(3);
    const headers = { 'content-length': '90' };
    const request = new Request('https://a.example', { method: 'POST', body: whole, headers });
    expect(await readBody(request, limits())).toEqual(whole);
    expect(await readBody(new Response(whole, { headers }), limits())).toEqual(whole);
  });
});

describe('the first buffer', () => {
  /** The length of the view of the first read. */
  async function firstView(
    read: (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => Promise<unknown>,
  ): Promise<number> {
    const views: number[] = [];
    const reader = {
      read: async (view: Uint8Array) => (views.push(view.length), { done: true, value: view.subarray(0, 0) }),
      cancel: async () => {},
    };
    await code(read({ getReader: () => reader } as unknown as ReadableStream<Uint8Array<ArrayBuffer>>));
    return views[0] ?? 0;
  }
  const limits = (maxBytes: number) => ({ maxBytes, deadline: never });

  test('has one byte more than the declared length, and than the limit at most', async () => {
    expect(await firstView((stream) => collect(stream, 1_000_000, never, 163_872))).toBe(163_873);
    expect(await firstView((stream) => collect(stream, 100_000, never, 1e15))).toBe(100_001);
  });

  test('of a request has 128 KiB at most, whatever its Content-Length says', async () => {
    expect(await firstView((stream) => readBody(body(stream, '900000'), limits(1_000_000)))).toBe(131_073);
    expect(await firstView((stream) => readBody(body(stream, '500'), limits(1_000_000)))).toBe(501);
    expect(await firstView((stream) => readBody(body(stream), limits(1_000_000)))).toBe(16_385);
  });
});

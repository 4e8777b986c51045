import { expect, test } from 'vitest';
import { collect, HttpError, readBody } from '../../src/index.ts';

// How workerd treats a body: its own streams, which JavaScript only reads.
const never = new AbortController().signal;
const code = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'no error',
    (error: unknown) => (error instanceof HttpError ? error.code : `not ours: ${String(error)}`),
  );
const whole = Uint8Array.from({ length: 98_336 }, (_, i) => i % 251);
const native = (bytes: Uint8Array<ArrayBuffer>): ReadableStream<Uint8Array> =>
  new Response(bytes).body ?? new ReadableStream();

/** A pipe within workerd, with the number of bytes that went into it before it failed. */
function pipe(): {
  stream: ReadableStream<Uint8Array>;
  written: () => number;
  fill: (size: number) => Promise<void>;
} {
  const { readable, writable } = new IdentityTransformStream();
  const writer = writable.getWriter();
  let written = 0;
  const fill = async (size: number): Promise<void> => {
    for (;;) {
      await writer.write(new Uint8Array(size));
      written += size;
    }
  };
  return { stream: readable, written: () => written, fill };
}

test.each([0, 1, 16_384, 98_335, 98_336])('a body of %i bytes is read completely', async (length) => {
  const part = whole.slice(0, length);
  for (const first of [undefined, 1, length, 1_000_000]) {
    expect(await collect(native(part), 100_000, never, undefined, first)).toEqual(part);
  }
  expect(await collect(native(part), 100_000, never, length)).toEqual(part);
});

test('a body of 96 KiB is read at once, not in twenty-four pieces', async () => {
  const stream = native(whole);
  let reads = 0;
  const counted = {
    getReader(options: { mode: 'byob' }) {
      const reader = stream.getReader(options);
      return {
        read: (view: Uint8Array<ArrayBuffer>) => (reads++, reader.read(view)),
        cancel: () => reader.cancel(),
      };
    },
  } as unknown as ReadableStream<Uint8Array>;
  expect(await collect(counted, 100_000, never)).toEqual(whole);
  expect(reads).toBeLessThan(6);
});

test('R04 the limit itself is allowed, one byte more is not', async () => {
  expect(await collect(native(whole), whole.length, never)).toHaveLength(whole.length);
  expect(await code(collect(native(whole), whole.length - 1, never))).toBe('content-too-large');
});

test('R05 at most the limit and 64 KiB of an endless body are read, and it is cancelled', async () => {
  const { stream, written, fill } = pipe();
  const filled = fill(1000).then(
    () => 'went on',
    () => 'cancelled',
  );
  expect(await code(collect(stream, 200_000, never))).toBe('content-too-large');
  expect(await filled).toBe('cancelled');
  expect(written()).toBeLessThan(200_000 + 65_536);
});

test('R20 a body that hangs is cancelled at the deadline', async () => {
  const { stream } = pipe();
  expect(await code(collect(stream, 10, AbortSignal.timeout(20)))).toBe('request-timeout');
});

test('R21 a body that ends early is refused', async () => {
  const { readable, writable } = new IdentityTransformStream();
  const writer = writable.getWriter();
  const broken = writer.write(new Uint8Array(5)).then(() => writer.abort(new Error('reset by peer')));
  const request = { headers: new Headers({ 'content-length': '10' }), body: readable };
  expect(await code(readBody(request, { maxBytes: 10, deadline: never }))).toBe('bad-request');
  await broken.catch(() => {});
});

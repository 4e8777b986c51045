import { expect, test } from 'vitest';
import { passOn } from '../src/stream.ts';

const never = new AbortController().signal;

/** A source that may end, and that counts the bytes taken from it. */
function source(chunkBytes: number, chunks: number, end: 'close' | 'error' | 'hang' = 'close') {
  const state = { pulled: 0, cancelled: false };
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (state.pulled < chunks) {
          state.pulled++;
          controller.enqueue(new Uint8Array(chunkBytes));
          return undefined;
        }
        if (end === 'close') controller.close();
        if (end === 'error') controller.error(new Error('reset by peer'));
        return end === 'hang' ? new Promise<void>(() => {}) : undefined;
      },
      cancel() {
        state.cancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  return { stream, state };
}
const bytesOf = async (stream: ReadableStream<Uint8Array>): Promise<number> =>
  (await new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer()).byteLength;

test('R30 an endless stream without a reader is not read ahead: two chunks at most', async () => {
  const { stream, state } = source(16_384, 1e9);
  await passOn(stream, { minBytes: 55, maxBytes: 1e12, deadline: never });
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(state.pulled).toBeLessThanOrEqual(2);
});

test('R05 a stream with exactly the allowed number of bytes is forwarded completely', async () => {
  const { body, fault } = await passOn(source(100, 10).stream, {
    minBytes: 1000,
    maxBytes: 1000,
    deadline: never,
  });
  expect(await bytesOf(body)).toBe(1000);
  expect(fault()).toBe(null);
});

test('R30 after the first 55, single bytes are forwarded as they arrive', async () => {
  const { stream } = source(1, 200);
  const { body, fault } = await passOn(stream, { minBytes: 55, maxBytes: 1000, deadline: never });
  expect(await bytesOf(body)).toBe(200);
  expect(fault()).toBe(null);
});

test('R03 a stream that ends before the minimum is refused before anything is forwarded', async () => {
  const short = passOn(source(1, 54).stream, { minBytes: 55, maxBytes: 1000, deadline: never });
  await expect(short).rejects.toMatchObject({ code: 'bad-request' });
});

test.each([
  ['its cap', 'close', 'content-too-large'],
  ['its source', 'error', 'bad-request'],
] as const)(
  'R21 a stream that fails by %s aborts its signal first, and never ends normally',
  async (_by, end, code) => {
    const { stream } = source(100, end === 'close' ? 100 : 5, end);
    const { body, fault, broken } = await passOn(stream, { minBytes: 1, maxBytes: 1000, deadline: never });
    const order: string[] = [];
    broken.addEventListener('abort', () => order.push('broken'));
    const reader = body.getReader();
    for (;;) {
      const next = await reader.read().catch((error: unknown) => (error as { code: string }).code);
      if (typeof next === 'object' && !next.done) continue;
      order.push(typeof next === 'string' ? next : 'ended');
      break;
    }
    expect(order).toEqual(['broken', code]);
    expect(fault()).toBe(code);
  },
);

test('R11 at the deadline a stream that hangs fails and its source is cancelled', async () => {
  const { stream, state } = source(100, 1, 'hang');
  const { body, fault } = await passOn(stream, {
    minBytes: 1,
    maxBytes: 1000,
    deadline: AbortSignal.timeout(30),
  });
  await expect(bytesOf(body)).rejects.toMatchObject({ code: 'request-timeout' });
  expect([fault(), state.cancelled]).toEqual(['request-timeout', true]);
});

test('R22 when a reader disconnects, the source is cancelled', async () => {
  const { stream, state } = source(100, 1e9);
  const { body } = await passOn(stream, { minBytes: 1, maxBytes: 1e9, deadline: never });
  await body.cancel();
  expect(state.cancelled).toBe(true);
});

test('N37 a stream that nobody reads fails at its deadline, and cancels its source', async () => {
  const { stream, state } = source(16_384, 1e9);
  const deadline = new AbortController();
  const { body, fault, broken } = await passOn(stream, {
    minBytes: 0,
    maxBytes: 1e12,
    deadline: deadline.signal,
  });
  const reader = body.getReader();
  const closed = reader.closed.then(
    () => 'ended',
    () => 'broken off',
  );
  await expect.poll(() => state.pulled).toBeGreaterThan(0);
  await new Promise((resolve) => setImmediate(resolve)); // its queue is full, and nothing pulls
  deadline.abort();
  expect(await closed).toBe('broken off');
  expect([fault(), broken.aborted, state.cancelled]).toEqual(['request-timeout', true, true]);
});

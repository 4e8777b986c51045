import { describe, expect, test } from 'vitest';
import { decodeResponse, type BhttpError } from '@sotto/bhttp';
import { MAX_CHUNK, sealedChunkLength, sealedChunksLength } from '@sotto/ohttp';
import { Tally } from '@sotto/service/metrics';
import { fromUtf8, utf8, type Bytes } from '@sotto/wire';
import type { InnerResponse } from '../src/exchange.ts';
import { flushedReply } from '../src/flushed-reply.ts';
import { joined } from './support/client.ts';

const FLUSH_MS = 100;
const LENGTH = 40_000; // bytes of a response
const TAG = { Nt: 16 };

/** A clock and timers that a test advances. */
class Timers {
  now = 0;
  readonly #waiting: { readonly at: number; readonly wake: () => void }[] = [];

  readonly pacing = {
    gridMs: 0,
    elapsedMs: () => this.now,
    sleep: (ms: number) => new Promise<void>((wake) => this.#waiting.push({ at: this.now + ms, wake })),
  };

  get pending(): number {
    return this.#waiting.filter(({ at }) => at > this.now).length;
  }

  async moveTo(now: number): Promise<void> {
    this.now = now;
    for (const { at, wake } of this.#waiting) if (at <= now) wake();
    await settle();
  }
}

/** Runs everything that waits for no timer. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A service that a test drives. */
function driven() {
  let controller!: ReadableStreamDefaultController<Uint8Array>;
  let isOpen = true;
  const content = new ReadableStream<Uint8Array>({
    start: (it) => void (controller = it),
    cancel: () => void (isOpen = false),
  });
  return {
    content,
    send: (text: string) => isOpen && controller.enqueue(utf8(text)),
    end: () => isOpen && controller.close(),
    fail: () => controller.error(new Error('reset')),
  };
}

const responseOf = (content: InnerResponse['content']): InnerResponse => ({
  status: 200,
  fields: [],
  content,
  length: LENGTH,
  flushMs: FLUSH_MS,
  deadline: null,
  release: () => {},
});

/** Collects the chunks of a reply as they are sent. */
function reading(response: InnerResponse, timers: Timers) {
  const chunks: { readonly at: number; readonly bytes: Bytes }[] = [];
  const flushing = { flushMs: FLUSH_MS, pacing: timers.pacing, arrived: Promise.resolve(0) };
  const run = async (): Promise<void> => {
    const { pull } = await flushedReply(response, flushing, new Tally());
    for (let bytes = await pull(); bytes !== null; bytes = await pull())
      chunks.push({ at: timers.now, bytes });
  };
  const done = run();
  return { chunks, done, whole: () => joined(chunks.map(({ bytes }) => bytes)) };
}

const wireOf = (chunks: readonly { readonly bytes: Bytes }[]): number =>
  chunks.reduce((sum, { bytes }) => sum + sealedChunkLength(TAG, bytes.length), 0);

/** Bytes of content, or why there is none. */
function contentLength(message: Bytes): number | string {
  try {
    return decodeResponse(message).content.length;
  } catch (error) {
    return (error as BhttpError).code;
  }
}

describe('a reply that streams', () => {
  test('is sent on the grid of its row, and nothing is sent when nothing has arrived', async () => {
    const timers = new Timers();
    const { content, send, end } = driven();
    const { chunks, done, whole } = reading(responseOf(content), timers);
    await settle();
    expect(chunks).toEqual([]); // not even the head before the first flush
    timers.now = 30;
    send('one');
    await settle();
    await timers.moveTo(100);
    expect(chunks.map(({ at }) => at)).toEqual([100]); // head and first piece in one chunk
    await settle();
    expect(timers.pending).toBe(0); // no timer while the service is silent
    await timers.moveTo(450);
    expect(chunks).toHaveLength(1);
    send('two');
    await settle();
    send('three');
    await settle();
    await timers.moveTo(499);
    expect(chunks).toHaveLength(1);
    await timers.moveTo(500);
    expect(chunks.map(({ at }) => at)).toEqual([100, 500]);
    end();
    await settle();
    await timers.moveTo(600);
    await done;
    expect(new Set(chunks.map(({ at }) => at))).toEqual(new Set([100, 500, 600]));
    expect(fromUtf8(decodeResponse(whole()).content)).toBe('onetwothree');
  });

  test('makes the service wait when the reader or the grid is slow: four chunks are held', async () => {
    const timers = new Timers();
    let sent = 0;
    const content = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          sent += 4096;
          controller.enqueue(new Uint8Array(4096));
        },
      },
      { highWaterMark: 0 },
    );
    const flushing = { flushMs: FLUSH_MS, pacing: timers.pacing, arrived: Promise.resolve(0) };
    const opening = flushedReply({ ...responseOf(content), length: 1 << 20 }, flushing, new Tally());
    for (let i = 0; i < 100; i++) await settle();
    expect(sent).toBeLessThanOrEqual(4 * MAX_CHUNK + 3 * 4096);
    await timers.moveTo(100);
    const { pull, cancel } = await opening;
    await pull(); // one of four; the reader stops here
    for (let i = 0; i < 100; i++) await settle();
    expect(sent).toBeLessThanOrEqual(4 * MAX_CHUNK + 3 * 4096);
    cancel();
  });

  const shapes: [string, readonly string[]][] = [
    ['nothing', []],
    ['a little', ['x']],
    ['many small pieces', Array.from({ length: 500 }, () => 'xyz')],
    ['a large piece', ['x'.repeat(30_000)]],
    ['all that fits', ['x'.repeat(39_800)]],
    ['more than fits', ['x'.repeat(20_000), 'x'.repeat(20_000)]],
    ['much more than fits', ['x'.repeat(200_000)]],
  ];
  test.each(shapes)('has one length on the wire for %s, in one flush or in many', async (_name, sent) => {
    for (const every of [1, 7, Infinity]) {
      const timers = new Timers();
      const { content, send, end } = driven();
      const { chunks, done, whole } = reading(responseOf(content), timers);
      let flushes = 1;
      for (const [i, text] of sent.entries()) {
        send(text);
        await settle();
        if (i % every === every - 1) await timers.moveTo(flushes++ * FLUSH_MS);
      }
      end();
      await settle();
      for (let i = 0; i < 20; i++) await timers.moveTo(flushes++ * FLUSH_MS);
      await done;
      expect(wireOf(chunks)).toBe(sealedChunksLength(TAG, LENGTH));
      expect(Math.max(...chunks.map(({ bytes }) => bytes.length))).toBeLessThanOrEqual(MAX_CHUNK);
      const text = sent.join('');
      expect(contentLength(whole())).toBe(text.length < LENGTH ? text.length : 'truncated');
    }
  });

  test('content that just fits is complete, and content that just does not is marked, in one flush or in two', async () => {
    const outcomes = new Set<string>();
    for (let length = LENGTH - 140; length < LENGTH; length += 1) {
      const flushed = length % 2 === 0;
      const timers = new Timers();
      const { content, send, end } = driven();
      const { chunks, done, whole } = reading(responseOf(content), timers);
      send('x'.repeat(length));
      await settle();
      if (flushed) await timers.moveTo(100);
      end();
      await settle();
      for (let flush = 2; flush < 5; flush++) await timers.moveTo(flush * 100);
      await done;
      expect(wireOf(chunks)).toBe(sealedChunksLength(TAG, LENGTH));
      const read = contentLength(whole());
      expect([length, 'truncated']).toContain(read);
      outcomes.add(`${flushed} ${typeof read}`);
    }
    expect(outcomes.size).toBe(4);
  });

  test('when a service fails, the message ends at the next flush, and the length is the same', async () => {
    const timers = new Timers();
    const { content, send, fail } = driven();
    const { chunks, done, whole } = reading(responseOf(content), timers);
    send('one');
    await settle();
    await timers.moveTo(100);
    fail();
    await settle();
    await timers.moveTo(200);
    await done;
    expect(wireOf(chunks)).toBe(sealedChunksLength(TAG, LENGTH));
    expect(() => decodeResponse(whole())).toThrow(expect.objectContaining({ code: 'truncated' }));
  });
});

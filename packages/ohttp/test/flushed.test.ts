import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { utf8, type Bytes } from '@sotto/wire';
import { MAX_CHUNK, sealedChunkLength, sealedChunksLength } from '../src/chunk.ts';
import { chunksOfWire, flushedChunks } from '../src/flushed.ts';

const TAG = { Nt: 16 };

test('every number of bytes on the wire from the smallest chunk on is filled exactly', () => {
  const wire = (left: number): void => {
    const lengths = chunksOfWire(left);
    expect(Math.min(...lengths)).toBeGreaterThan(0);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(MAX_CHUNK);
    expect(lengths.reduce((sum, length) => sum + sealedChunkLength(TAG, length), 0)).toBe(left);
  };
  for (let left = 18; left < 200; left++) wire(left);
  for (let left = 16_300; left < 16_500; left++) wire(left);
  fc.assert(fc.property(fc.integer({ min: 18, max: 200_000 }), wire));
});

/** Runs everything that waits for no flush. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('a source that fails between two flushes fails the message at the next flush, and not outside of it', async () => {
  let flush: () => void = () => {};
  const nextFlush = (): Promise<void> => new Promise((resolve) => (flush = resolve));
  async function* parts(): AsyncGenerator<Bytes, void> {
    yield utf8('head');
    await settle();
    throw new Error('source');
  }
  const chunks = flushedChunks(parts, { length: 1000, nextFlush, maxHeld: () => 4 });
  const first = chunks.next();
  for (let i = 0; i < 5; i++) await settle(); // the source fails while no read is pending: only one part is buffered
  flush();
  expect((await first).value).toEqual(utf8('head'));
  await expect(chunks.next()).rejects.toThrow('source');
});

test('a message of one length on the wire, in one flush or in many', async () => {
  for (const pieces of [[], ['a'], ['a', 'bc', 'def'], ['x'.repeat(20_000)]]) {
    async function* parts(): AsyncGenerator<Bytes, void> {
      for (const piece of pieces) yield utf8(piece);
    }
    const nextFlush = settle;
    let wire = 0;
    let text = '';
    for await (const chunk of flushedChunks(parts, { length: 30_000, nextFlush, maxHeld: () => 1 })) {
      wire += sealedChunkLength(TAG, chunk.length);
      text += Buffer.from(chunk).toString();
    }
    expect(wire).toBe(sealedChunksLength(TAG, 30_000));
    expect(text.replaceAll('\0', '')).toBe(pieces.join(''));
  }
});

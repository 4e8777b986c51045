import type { Bytes } from '@sotto/wire';
import { MAX_CHUNK, sealedChunkLength, sealedChunksLength } from './chunk.ts';

const TAG = { Nt: 16 }; // bytes: the tag of every AEAD that OHTTP can use
/** Reserved until the end: room for the last part in a separate chunk, and for two chunks of padding. */
export const FLUSH_RESERVE = 64; // bytes on the wire

/** Bytes of a part of a flushed message: with 8 bytes of framing it fits into one chunk. */
export const MAX_FLUSHED_PIECE = MAX_CHUNK - 8;

/** When the chunks of a message leave, and how many bytes they have together. */
export interface Flushing {
  /**
   * Bytes of plaintext in full chunks. It sets the length on the wire, which is the same for every message,
   * however many chunks it has.
   */
  readonly length: number;
  /** Resolves when it is time for the next flush. */
  readonly nextFlush: () => Promise<void>;
  /** The most bytes that are held for the next flush. When it is reached, the source has to wait. */
  readonly maxHeld: () => number;
}

/** Whether a part of this many bytes fits into what is left. The last part, of at most 9 bytes, always fits. */
export type Fits = (length: number) => boolean;

/**
 * A message in chunks that are sent only at flushes. A flush sends the bytes that have arrived since the last
 * one, in chunks of at most 16,384 bytes, or nothing if there are none. The last flush appends zeros to the
 * message, so that all messages have one length on the wire.
 *
 * @param partsOf - the parts of the message, in order, as they arrive. Its errors are passed on
 */
export async function* flushedChunks(
  partsOf: (fits: Fits) => AsyncGenerator<Bytes, void>,
  { length, nextFlush, maxHeld }: Flushing,
): AsyncGenerator<Bytes, void> {
  let left = sealedChunksLength(TAG, length); // bytes on the wire
  let held: Bytes[] = [];
  let size = 0; // bytes held
  const parts = partsOf((more) => sealedChunksLength(TAG, size + more) + FLUSH_RESERVE <= left);
  let next = pending(parts);
  for (let ended = false; !ended;) {
    await next; // no flush while nothing has arrived
    const flush = nextFlush();
    while (size < maxHeld()) {
      const part = await Promise.race([next, flush]);
      if (typeof part !== 'object') break; // the time of the flush has come
      ended = part.done === true;
      if (part.done === true) break;
      held.push(part.value);
      size += part.value.length;
      next = pending(parts);
    }
    await flush;
    for (const chunk of fill(held, ended ? chunksOfWire(left) : chunksOf(size))) {
      left -= sealedChunkLength(TAG, chunk.length);
      yield chunk;
    }
    held = [];
    size = 0;
  }
}

/** The next part. Its error is thrown when it is awaited, which may be after the next flush. */
function pending(parts: AsyncGenerator<Bytes, void>): Promise<IteratorResult<Bytes, void>> {
  const next = parts.next();
  next.catch(() => {});
  return next;
}

/** Lengths of the chunks for this many bytes. */
function chunksOf(length: number): number[] {
  return Array.from({ length: Math.ceil(length / MAX_CHUNK) }, (_, i) =>
    Math.min(MAX_CHUNK, length - i * MAX_CHUNK),
  );
}

/** Lengths of chunks that have exactly this many bytes on the wire together. */
export function chunksOfWire(wire: number): number[] {
  const smallest = sealedChunkLength(TAG, 1);
  const lengths: number[] = [];
  for (let left = wire; left > 0;) {
    let length = Math.min(MAX_CHUNK, left - smallest + 1);
    while (sealedChunkLength(TAG, length) > left) length--; // a longer length prefix
    const rest = left - sealedChunkLength(TAG, length);
    if (rest > 0 && rest < smallest) length -= smallest; // leaves room for one more chunk
    lengths.push(length);
    left -= sealedChunkLength(TAG, length);
  }
  return lengths;
}

/** Parts in chunks of these lengths; what they do not fill is padding. */
function fill(parts: readonly Bytes[], lengths: readonly number[]): Bytes[] {
  const all = new Uint8Array(lengths.reduce((sum, length) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  let from = 0;
  return lengths.map((length) => all.subarray(from, (from += length)));
}

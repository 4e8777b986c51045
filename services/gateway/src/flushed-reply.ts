import { sealedChunkLength, sealedChunksLength } from '@sotto/ohttp';
import type { Tally } from '@sotto/service/metrics';
import type { Bytes } from '@sotto/wire';
import type { InnerResponse } from './exchange.ts';
import { untilGrid, type Pacing } from './pacing.ts';
import { CHUNK, letGo, messageParts, type StreamedReply } from './reply.ts';

const TAG = { Nt: 16 }; // bytes: the tag of every AEAD that OHTTP can use
const MAX_HELD = 4 * CHUNK; // bytes that wait for the next flush; then the service has to wait
const MAX_PIECE = CHUNK - 8; // bytes: a piece of content fits into one chunk with its length
/** Kept free until the end: room for END or BROKEN in a chunk of its own, and for two chunks of padding. */
const RESERVE = 64; // bytes on the wire

/** When and how a reply leaves. */
export interface Flushing {
  readonly flushMs: number;
  readonly pacing: Pacing;
  /** When the request arrived, by the timer of `pacing`. */
  readonly arrivedMs: number;
}

/**
 * A response as it arrives, on a grid: at every multiple of `flushMs` after the request arrived, what has come leaves in
 * chunks of at most 16,384 bytes; if nothing has come, nothing leaves. All responses of a service have one length on the
 * wire, whatever the number of their chunks: the last flush has the padding. It resolves at the first flush.
 *
 * It holds at most 65,536 bytes and one piece of the service. A body that breaks off, or does not fit, ends as in
 * `streamedReply`, at the next flush.
 */
export async function flushedReply(
  response: InnerResponse,
  flushing: Flushing,
  tally: Tally,
): Promise<StreamedReply> {
  const stop = new AbortController();
  const chunks = flushedChunks(response, flushing, stop.signal, tally);
  let first: Promise<IteratorResult<Bytes, void>> | null = chunks.next();
  await first;
  return {
    async pull() {
      const next = first ?? chunks.next();
      first = null;
      return (await next).value ?? null;
    },
    cancel: () => letGo(response, stop),
  };
}

async function* flushedChunks(
  response: InnerResponse,
  { flushMs, pacing, arrivedMs }: Flushing,
  stop: AbortSignal,
  tally: Tally,
): AsyncGenerator<Bytes, void> {
  let left = sealedChunksLength(TAG, response.length); // bytes on the wire
  let held: Bytes[] = [];
  let size = 0; // bytes held
  const fits = (length: number): boolean => sealedChunksLength(TAG, size + length) + RESERVE <= left;
  const parts = messageParts(response, stop, tally, { fits, maxPiece: MAX_PIECE });
  let next = parts.next();
  for (let ended = false; !ended;) {
    await next; // no timer while the service is silent
    const flush = untilGrid({ ...pacing, gridMs: flushMs }, arrivedMs);
    while (size < MAX_HELD) {
      const part = await Promise.race([next, flush]);
      if (typeof part !== 'object') break; // it is time
      ended = part.done === true;
      if (part.done === true) break;
      held.push(part.value);
      size += part.value.length;
      next = parts.next();
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

/** Lengths of the chunks of so many bytes. */
function chunksOf(length: number): number[] {
  return Array.from({ length: Math.ceil(length / CHUNK) }, (_, i) => Math.min(CHUNK, length - i * CHUNK));
}

/** Lengths of chunks that have so many bytes on the wire together, exactly. */
export function chunksOfWire(wire: number): number[] {
  const smallest = sealedChunkLength(TAG, 1);
  const lengths: number[] = [];
  for (let left = wire; left > 0;) {
    let length = Math.min(CHUNK, left - smallest + 1);
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

import { concat, EMPTY, utf8, varint, type Bytes } from '@sotto/wire';
import { OhttpError } from './error.ts';
import type { AeadKey } from './hpke.ts';
import type { Pull, StreamReader } from './pull.ts';

/** Bytes of plaintext in a chunk: what every receiver takes, and the most that a sender should send. */
export const MAX_CHUNK = 16_384;

const FINAL = utf8('final'); // the AAD of a final chunk
const FINAL_MARK = varint(0);

/** One direction of one exchange: its key, the nonce of its chunk 0, and the bytes of a tag. */
export interface ChunkKey {
  readonly key: AeadKey;
  readonly nonce: Bytes; // Nn bytes
  readonly Nt: number;
}

/**
 * The nonce of a chunk: the first one XOR the counter, big-endian (RFC 9180 §5.2).
 *
 * @throws {OhttpError} `too-many-chunks` at 2^53, far below the 256^Nn that the draft allows
 */
export function chunkNonce(nonce: Bytes, counter: number): Bytes {
  if (!Number.isSafeInteger(counter)) throw new OhttpError('too-many-chunks', 'counter is used up');
  const xored = nonce.slice();
  for (let i = xored.length - 1, rest = counter; rest > 0; i--, rest = Math.floor(rest / 256)) {
    xored[i] = (xored[i] ?? 0) ^ (rest % 256);
  }
  return xored;
}

/**
 * Seals a stream: a chunk for each piece, at most MAX_CHUNK bytes of it at once, then an empty final
 * chunk. An empty piece makes no chunk, since only a final one may be empty.
 */
export async function* sealChunks({ key, nonce }: ChunkKey, plaintext: Pull): AsyncGenerator<Bytes, void> {
  let counter = 0;
  for (let piece = await plaintext(); piece !== null; piece = await plaintext()) {
    for (let at = 0; at < piece.length; at += MAX_CHUNK) {
      const chunk = piece.subarray(at, at + MAX_CHUNK);
      const ct = await key.seal(chunkNonce(nonce, counter++), EMPTY, chunk);
      yield concat(varint(ct.length), ct);
    }
  }
  yield concat(FINAL_MARK, await key.seal(chunkNonce(nonce, counter), FINAL, EMPTY));
}

/**
 * Opens a stream, a plaintext for each chunk. It ends after a final chunk that opened and in no other way.
 *
 * @throws {OhttpError} `truncated`, `open-failed`, `chunk-too-large`
 */
export async function* openChunks(
  { key, nonce, Nt }: ChunkKey,
  source: StreamReader,
): AsyncGenerator<Bytes, void> {
  for (let counter = 0; ; counter++) {
    const length = await source.varint();
    if (length === 0) {
      const ct = await source.rest(MAX_CHUNK + Nt);
      if (ct.length < Nt) throw new OhttpError('truncated', 'no whole tag in the final chunk');
      const last = await key.open(chunkNonce(nonce, counter), FINAL, ct);
      if (last.length > 0) yield last;
      return;
    }
    if (length <= Nt) throw new OhttpError('open-failed', 'an empty chunk that is not final');
    if (length > MAX_CHUNK + Nt) throw new OhttpError('chunk-too-large', `chunk over ${MAX_CHUNK} bytes`);
    yield await key.open(chunkNonce(nonce, counter), EMPTY, await source.take(length));
  }
}

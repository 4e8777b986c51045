import { concat, EMPTY, utf8, varint, varintLength, type Bytes } from '@sotto/wire';
import { OhttpError } from './error.ts';
import type { AeadKey } from './hpke.ts';
import type { Pull, StreamReader } from './pull.ts';

/** Bytes of plaintext in a chunk that every receiver must accept, and that we never exceed when sending. */
export const MAX_CHUNK = 16_384;

/** Bytes of plaintext in a chunk that we accept by default. Senders may exceed 16,384: netty sends 1 MiB. */
export const MAX_RECEIVED_CHUNK = 2 ** 24;

/** The length in bytes on the wire of a chunk that is not final, of n bytes of plaintext. */
export function sealedChunkLength({ Nt }: { readonly Nt: number }, n: number): number {
  return varintLength(n + Nt) + n + Nt;
}

/** The length in bytes on the wire of n bytes of plaintext in chunks of MAX_CHUNK bytes, without the final chunk. */
export function sealedChunksLength(aead: { readonly Nt: number }, n: number): number {
  const full = Math.floor(n / MAX_CHUNK);
  const rest = n - full * MAX_CHUNK;
  return full * sealedChunkLength(aead, MAX_CHUNK) + (rest === 0 ? 0 : sealedChunkLength(aead, rest));
}

const FINAL = utf8('final'); // the AAD of a final chunk
const FINAL_MARK = varint(0);

/** One direction of an exchange: its key, the nonce of its first chunk, and the length of a tag. */
export interface ChunkKey {
  readonly key: AeadKey;
  readonly nonce: Bytes; // Nn bytes
  readonly Nt: number;
}

/**
 * The nonce of a chunk: the first nonce XOR the big-endian counter (RFC 9180 §5.2).
 *
 * @throws {OhttpError} `too-many-chunks` at 2^53, far below the limit of the draft, 256^Nn
 */
export function chunkNonce(nonce: Bytes, counter: number): Bytes {
  if (!Number.isSafeInteger(counter))
    throw new OhttpError('too-many-chunks', 'the counter of chunks is at 2^53');
  const xored = nonce.slice();
  for (let i = xored.length - 1, rest = counter; rest > 0; i--, rest = Math.floor(rest / 256)) {
    xored[i] = (xored[i] ?? 0) ^ (rest % 256);
  }
  return xored;
}

/**
 * Seals a stream: one chunk per piece, or several for a piece over MAX_CHUNK bytes, then an empty final chunk.
 * An empty piece makes no chunk, because only a final chunk may be empty.
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
 * Opens a stream and yields the plaintext of each chunk. It ends only after a final chunk that opened.
 *
 * @param maxChunk - bytes of plaintext in a chunk that are accepted. Memory grows only as the bytes arrive
 * @throws {OhttpError} `truncated`, `open-failed`, `chunk-too-large`
 */
export async function* openChunks(
  { key, nonce, Nt }: ChunkKey,
  source: StreamReader,
  maxChunk: number,
): AsyncGenerator<Bytes, void> {
  for (let counter = 0; ; counter++) {
    const length = await source.varint();
    if (length === 0) {
      const ct = await source.rest(maxChunk + Nt);
      if (ct.length < Nt) throw new OhttpError('truncated', 'the final chunk is shorter than a tag');
      const last = await key.open(chunkNonce(nonce, counter), FINAL, ct);
      if (last.length > 0) yield last;
      return;
    }
    if (length <= Nt) throw new OhttpError('open-failed', 'a chunk that is not final has no plaintext');
    if (length > maxChunk + Nt) throw new OhttpError('chunk-too-large', `a chunk is over ${maxChunk} bytes`);
    yield await key.open(chunkNonce(nonce, counter), EMPTY, await source.take(length));
  }
}

import { concat, utf8, type Bytes, type Random } from '@sotto/wire';
import { MAX_RECEIVED_CHUNK, openChunks, sealChunks, sealedChunksLength, type ChunkKey } from './chunk.ts';
import { responseSize, type Labels } from './context.ts';
import type { GatewayKey } from './gateway-key.ts';
import type { Aead, Hpke } from './hpke.ts';
import type { KeyConfig, SuiteIds } from './key-config.ts';
import { pullOf, StreamReader, type Pull } from './pull.ts';
import { HEADER_LENGTH, selectKey, startReceiver, startSender, type Receiver } from './request.ts';
import { randomResponseNonce, responseKey } from './response.ts';

const LABELS: Labels = {
  request: utf8('message/bhttp chunked request'),
  response: utf8('message/bhttp chunked response'),
};

/** A client's side of a chunked exchange. */
export interface ChunkedEncapsulation {
  readonly body: Pull; // header and enc, then one chunk per call
  /** The plaintext of the response, one chunk per call; null only after the final chunk opened. An error is final. */
  readonly openResponse: (source: Pull, maxChunk?: number) => Pull;
}

/** A gateway's side of a chunked exchange. */
export interface ChunkedDecapsulation {
  /** The plaintext of the request, one chunk per call; null only after the final chunk opened. An error is final. */
  readonly request: Pull;
  readonly enc: Bytes; // Nenc bytes, different for every honest request
  readonly keyId: number;
  readonly kemId: number;
  /** The encapsulated response: response_nonce, then one chunk per call. */
  readonly sealResponse: (plaintext: Pull, random: Random) => Pull;
}

/**
 * Seals a request in chunks (draft-ietf-ohai-chunked-ohttp §6.1). `plaintext` is read only when `body` is called.
 *
 * @param plaintext - each piece becomes one chunk, or several when it is over 16,384 bytes
 * @throws {OhttpError} `unsupported-kem`, `unsupported-suite`, `bad-key`
 */
export async function encapsulateChunkedRequest(
  hpke: Hpke,
  config: KeyConfig,
  suiteIds: SuiteIds,
  random: Random,
  plaintext: Pull,
): Promise<ChunkedEncapsulation> {
  const { suite, hdr, enc, context } = await startSender(hpke, config, suiteIds, LABELS, random);
  const receiver: Receiver = { suite, enc, context };
  return {
    body: pullOf(after(concat(hdr, enc), () => sealChunks(requestKey(receiver), plaintext))),
    openResponse: (source, maxChunk = MAX_RECEIVED_CHUNK) =>
      pullOf(openResponseChunks(receiver, source, maxChunk)),
  };
}

/**
 * Opens a request in chunks (draft-ietf-ohai-chunked-ohttp §6.1): it reads header and enc at once, and a chunk for
 * each call of `request`. It holds at most one chunk and one piece of `source` in memory.
 *
 * @param maxChunk - bytes of plaintext in a chunk that are accepted: at most the size of the whole message
 * @throws {OhttpError} as `decapsulateRequest`; `request` throws `truncated`, `open-failed`, `chunk-too-large`
 */
export async function decapsulateChunkedRequest(
  hpke: Hpke,
  keys: readonly GatewayKey[],
  source: Pull,
  maxChunk = MAX_RECEIVED_CHUNK,
): Promise<ChunkedDecapsulation> {
  const reader = new StreamReader(source);
  const hdr = await reader.take(HEADER_LENGTH);
  const { key, suite } = selectKey(hpke, keys, hdr);
  const enc = await reader.take(suite.kem.Nenc);
  const receiver = await startReceiver(key, suite, LABELS, enc);
  return {
    request: pullOf(openChunks(requestKey(receiver), reader, maxChunk)),
    enc,
    keyId: key.config.keyId,
    kemId: key.config.kemId,
    sealResponse: (plaintext, random) => pullOf(sealResponseChunks(receiver, plaintext, random)),
  };
}

function requestKey({ suite, context }: Receiver): ChunkKey {
  return { key: context.key, nonce: context.baseNonce, Nt: suite.aead.Nt };
}

async function chunkedResponseKey(
  { suite, enc, context }: Receiver,
  responseNonce: Bytes,
): Promise<ChunkKey> {
  const { key, nonce } = await responseKey(suite, context.responseSecret, enc, responseNonce);
  return { key, nonce, Nt: suite.aead.Nt };
}

async function* openResponseChunks(
  receiver: Receiver,
  source: Pull,
  maxChunk: number,
): AsyncGenerator<Bytes, void> {
  const reader = new StreamReader(source);
  const responseNonce = await reader.take(responseSize(receiver.suite.aead));
  yield* openChunks(await chunkedResponseKey(receiver, responseNonce), reader, maxChunk);
}

async function* sealResponseChunks(
  receiver: Receiver,
  plaintext: Pull,
  random: Random,
): AsyncGenerator<Bytes, void> {
  const responseNonce = randomResponseNonce(receiver.suite, random);
  yield responseNonce;
  yield* sealChunks(await chunkedResponseKey(receiver, responseNonce), plaintext);
}

/**
 * The length in bytes of an encapsulated response of n bytes of plaintext, in chunks of 16,384 bytes and an empty final
 * chunk (draft-ietf-ohai-chunked-ohttp §6.2).
 */
export function chunkedResponseLength(aead: Aead, n: number): number {
  return responseSize(aead) + sealedChunksLength(aead, n) + 1 + aead.Nt;
}

async function* after(head: Bytes, chunks: () => AsyncGenerator<Bytes, void>): AsyncGenerator<Bytes, void> {
  yield head;
  yield* chunks();
}

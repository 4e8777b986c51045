import { utf8, type Bytes, type Random } from '@sotto/wire';
import { openChunks, sealChunks, type ChunkKey } from './chunk.ts';
import { responseSize, type Labels } from './context.ts';
import type { GatewayKey } from './gateway-key.ts';
import type { Hpke } from './hpke.ts';
import type { KeyConfig, SuiteIds } from './key-config.ts';
import { pullOf, StreamReader, type Pull } from './pull.ts';
import { HEADER_LENGTH, selectKey, startReceiver, startSender, type Receiver } from './request.ts';
import { drawResponseNonce, responseKey } from './response.ts';

const LABELS: Labels = {
  request: utf8('message/bhttp chunked request'),
  response: utf8('message/bhttp chunked response'),
};

export interface ChunkedEncapsulation {
  readonly body: Pull; // the header and enc, then a chunk a pull
  /** The response's plaintext, a chunk a pull; null only after its final chunk opened. Errors stick. */
  readonly openResponse: (source: Pull) => Pull;
}

export interface ChunkedDecapsulation {
  /** The request's plaintext, a chunk a pull; null only after its final chunk opened. Errors stick. */
  readonly request: Pull;
  readonly enc: Bytes; // Nenc bytes, unlike those of any other honest request
  readonly keyId: number;
  readonly kemId: number;
  /** The encapsulated response: response_nonce, then a chunk a pull. */
  readonly sealResponse: (plaintext: Pull, random: Random) => Pull;
}

/**
 * Seals a request in chunks (draft-ietf-ohai-chunked-ohttp §6.1). Nothing is pulled from `plaintext`
 * before `body` is asked for more.
 *
 * @param plaintext - each piece becomes a chunk; those over 16384 bytes become several
 * @throws {OhttpError} `unsupported-kem`, `unsupported-suite`, `bad-key`
 */
export async function encapsulateChunkedRequest(
  hpke: Hpke,
  config: KeyConfig,
  suiteIds: SuiteIds,
  random: Random,
  plaintext: Pull,
): Promise<ChunkedEncapsulation> {
  const { suite, head, enc, context } = await startSender(hpke, config, suiteIds, LABELS, random);
  const receiver: Receiver = { suite, enc, context };
  return {
    body: pullOf(after(head, () => sealChunks(requestKey(receiver), plaintext))),
    openResponse: (source) => pullOf(openResponseChunks(receiver, source)),
  };
}

/**
 * Opens a request in chunks (draft-ietf-ohai-chunked-ohttp §6.1): first, as soon as they are there,
 * the header and enc; then, as `request` is pulled, a chunk at a time. Besides one piece of `source` no
 * more than one chunk is held.
 *
 * @throws {OhttpError} as `decapsulateRequest`; `request` throws `truncated`, `open-failed`, `chunk-too-large`
 */
export async function decapsulateChunkedRequest(
  hpke: Hpke,
  keys: readonly GatewayKey[],
  source: Pull,
): Promise<ChunkedDecapsulation> {
  const reader = new StreamReader(source);
  const hdr = await reader.take(HEADER_LENGTH);
  const { key, suite } = selectKey(hpke, keys, hdr);
  const enc = await reader.take(suite.kem.Nenc);
  const receiver = await startReceiver(key, suite, LABELS, hdr, enc);
  return {
    request: pullOf(openChunks(requestKey(receiver), reader)),
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

async function* openResponseChunks(receiver: Receiver, source: Pull): AsyncGenerator<Bytes, void> {
  const reader = new StreamReader(source);
  const responseNonce = await reader.take(responseSize(receiver.suite.aead));
  yield* openChunks(await chunkedResponseKey(receiver, responseNonce), reader);
}

async function* sealResponseChunks(
  receiver: Receiver,
  plaintext: Pull,
  random: Random,
): AsyncGenerator<Bytes, void> {
  const responseNonce = drawResponseNonce(receiver.suite, random);
  yield responseNonce;
  yield* sealChunks(await chunkedResponseKey(receiver, responseNonce), plaintext);
}

async function* after(head: Bytes, chunks: () => AsyncGenerator<Bytes, void>): AsyncGenerator<Bytes, void> {
  yield head;
  yield* chunks();
}

import { concat, EMPTY, utf8, type Bytes, type Random } from '@sotto/wire';
import { responseSize, type Suite } from './context.ts';
import { OhttpError } from './error.ts';
import type { AeadKey } from './hpke.ts';

const KEY = utf8('key');
const NONCE = utf8('nonce');

/**
 * The key and nonce of a response (RFC 9458 §4.4, steps 3 to 5).
 *
 * @param secret - max(Nn, Nk) bytes, exported from the request's context
 * @param enc - Nenc bytes, from the request
 */
export async function responseKey(
  { kdf, aead }: Suite,
  secret: Bytes,
  enc: Bytes,
  responseNonce: Bytes,
): Promise<{ readonly key: AeadKey; readonly nonce: Bytes }> {
  const outputs = [
    { info: KEY, L: aead.Nk },
    { info: NONCE, L: aead.Nn },
  ] as const;
  const [key, nonce] = await kdf.derive(concat(enc, responseNonce), secret, outputs);
  return { key: await aead.load(key), nonce };
}

/** @throws {OhttpError} `bad-nonce` when `random` returns another length than max(Nn, Nk) */
export function randomResponseNonce({ aead }: Suite, random: Random): Bytes {
  const responseNonce = random(responseSize(aead));
  if (responseNonce.length !== responseSize(aead)) {
    throw new OhttpError('bad-nonce', `response_nonce is ${responseNonce.length} bytes`);
  }
  return responseNonce;
}

/**
 * Seals a response: enc_response (RFC 9458 §4.4), max(Nn, Nk) + response.length + Nt bytes.
 *
 * @throws {OhttpError} `bad-nonce`
 */
export async function sealResponse(
  suite: Suite,
  secret: Bytes,
  enc: Bytes,
  response: Bytes,
  random: Random,
): Promise<Bytes> {
  const responseNonce = randomResponseNonce(suite, random);
  const { key, nonce } = await responseKey(suite, secret, enc, responseNonce);
  return concat(responseNonce, await key.seal(nonce, EMPTY, response));
}

/**
 * Opens enc_response (RFC 9458 §4.4): the first max(Nn, Nk) bytes are its response_nonce.
 *
 * @throws {OhttpError} `truncated`, `open-failed`
 */
export async function openResponse(
  suite: Suite,
  secret: Bytes,
  enc: Bytes,
  encapsulatedResponse: Bytes,
): Promise<Bytes> {
  const size = responseSize(suite.aead);
  if (encapsulatedResponse.length < size + suite.aead.Nt)
    throw new OhttpError('truncated', 'shorter than a tag');
  const { key, nonce } = await responseKey(suite, secret, enc, encapsulatedResponse.subarray(0, size));
  return key.open(nonce, EMPTY, encapsulatedResponse.subarray(size));
}

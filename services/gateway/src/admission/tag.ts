import { encodeRequest, type BhttpRequest } from '@sotto/bhttp';
import type { Kdf, MaybePromise } from '@sotto/ohttp';
import { concat, uint, type Bytes } from '@sotto/wire';

/**
 * HKDF-SHA256 of the entry file. Extract is HMAC-SHA256 with the salt as its key (RFC 5869 §2.2), and costs a third of noble's
 * HMAC for an envelope.
 */
export type Hkdf = Pick<Kdf, 'extract'>;

const TAG = uint(1, 1);
const ENVELOPE = uint(1, 2);
const STREAM = uint(1, 3);

/**
 * What a request is known by when its token comes again: HMAC-SHA256 over the request without Date and padding.
 * A retry has a new Date and new bytes on the wire, and the same tag. A plain digest could be searched
 * by dictionary.
 *
 * @param tagKey - 32 bytes, of the token's epoch
 * @returns 32 bytes
 */
export function tagOf(hkdf: Hkdf, tagKey: Bytes, request: BhttpRequest): MaybePromise<Bytes> {
  const fields = request.fields.filter(([name]) => name !== 'date');
  return hkdf.extract(tagKey, concat(TAG, encodeRequest({ ...request, fields })));
}

/**
 * The tag of a request whose content is not known yet: HMAC-SHA256 over its head and its envelope. A token that comes again in
 * another envelope has another tag, so it is spent: one token is never good for a second request with other content.
 *
 * @param tagKey - 32 bytes, of the token's epoch
 * @returns 32 bytes
 */
export function streamTagOf(hkdf: Hkdf, tagKey: Bytes, head: BhttpRequest, enc: Bytes): MaybePromise<Bytes> {
  return hkdf.extract(tagKey, concat(STREAM, enc, encodeRequest(head)));
}

/**
 * What an envelope is known by: HMAC-SHA256 over `enc`, which no two honest requests share (RFC 9458 §6.5).
 *
 * @param tagKey - 32 bytes, of the epoch whose key opened it: the same whenever it comes
 * @returns 32 bytes
 */
export function envelopeOf(hkdf: Hkdf, tagKey: Bytes, enc: Bytes): MaybePromise<Bytes> {
  return hkdf.extract(tagKey, concat(ENVELOPE, enc));
}

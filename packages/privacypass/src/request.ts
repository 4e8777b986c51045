import { concat, Reader, uint, varint, type Bytes } from '@sotto/wire';
import { PrivacyPassError } from './error.ts';
import { tokenType, voprfTokenType } from './token-type.ts';

/** Media type of one token request (RFC 9578 §8.4). */
export const TOKEN_REQUEST = 'application/private-token-request';
/** Media type of the response to one token request (RFC 9578 §8.4). */
export const TOKEN_RESPONSE = 'application/private-token-response';
/** Media type of an amortized batch request (draft-ietf-privacypass-batched-tokens). */
export const AMORTIZED_REQUEST = 'application/private-token-amortized-batch-request';
/** Media type of an amortized batch response (draft-ietf-privacypass-batched-tokens). */
export const AMORTIZED_RESPONSE = 'application/private-token-amortized-batch-response';
/** Media type of a generic batch request (draft-ietf-privacypass-batched-tokens). */
export const GENERIC_REQUEST = 'application/private-token-generic-batch-request';
/** Media type of a generic batch response (draft-ietf-privacypass-batched-tokens). */
export const GENERIC_RESPONSE = 'application/private-token-generic-batch-response';

/**
 * One token, blinded (RFC 9578 §5.1, §6.1): 52 bytes of type 0x0001, 35 of 0x0005, 259 of 0x0002.
 *
 *     struct { uint16 token_type; uint8 truncated_token_key_id; uint8 blinded_msg[Ne]; }
 */
export interface TokenRequest {
  readonly tokenType: number;
  readonly truncatedTokenKeyId: number; // 0..255
  readonly blindedMsg: Bytes;
}

/** Encodes a TokenRequest. @throws {WireError} `out-of-range` */
export function encodeTokenRequest(request: TokenRequest): Bytes {
  return concat(uint(2, request.tokenType), uint(1, request.truncatedTokenKeyId), request.blindedMsg);
}

function readTokenRequest(r: Reader): TokenRequest {
  const { value, requestLength } = tokenType(r.uint(2, 'token_type'));
  return {
    tokenType: value,
    truncatedTokenKeyId: r.uint(1, 'truncated_token_key_id'),
    blindedMsg: r.opaque(requestLength, 'blinded_msg'),
  };
}

/** Decodes a TokenRequest. @throws {PrivacyPassError} `unknown-token-type` @throws {WireError} `truncated`, `trailing` */
export function decodeTokenRequest(bytes: Bytes): TokenRequest {
  const r = new Reader(bytes);
  const request = readTokenRequest(r);
  r.end('TokenRequest');
  return request;
}

/**
 * A batch under one key and one proof (draft-ietf-privacypass-batched-tokens).
 *
 *     struct { uint16 token_type; uint8 truncated_token_key_id; BlindedMessage blinded_msgs<V>; }
 */
export interface AmortizedBatchTokenRequest {
  readonly tokenType: number;
  readonly truncatedTokenKeyId: number; // 0..255
  readonly blindedMsgs: readonly Bytes[]; // one or more, Ne bytes each
}

/** `opaque<V>`: the shortest varint, then the bytes. */
export function variable(bytes: Bytes): Bytes {
  return concat(varint(bytes.length), bytes);
}

/** `opaque<V>`, as a reader of its contents. */
export function readVariable(r: Reader, field: string): Reader {
  return new Reader(r.opaque(r.minimalVarint(`${field}.length`), field));
}

/** Elements of a fixed length, to the end of the vector; one or more. */
export function readElements(r: Reader, length: number, field: string): Bytes[] {
  const elements: Bytes[] = [];
  while (r.remaining > 0) elements.push(r.opaque(length, field));
  if (elements.length === 0) throw new PrivacyPassError('empty-batch', `${field}: the vector is empty`);
  return elements;
}

/** Encodes an AmortizedBatchTokenRequest. @throws {WireError} `out-of-range` */
export function encodeAmortizedBatchTokenRequest(request: AmortizedBatchTokenRequest): Bytes {
  const head = concat(uint(2, request.tokenType), uint(1, request.truncatedTokenKeyId));
  return concat(head, variable(concat(...request.blindedMsgs)));
}

/** @throws {PrivacyPassError} `unknown-token-type`, `empty-batch` @throws {WireError} `truncated`, `trailing`, `not-minimal` */
export function decodeAmortizedBatchTokenRequest(bytes: Bytes): AmortizedBatchTokenRequest {
  const r = new Reader(bytes);
  const { value, Ne } = voprfTokenType(r.uint(2, 'token_type'));
  const truncatedTokenKeyId = r.uint(1, 'truncated_token_key_id');
  const list = readVariable(r, 'blinded_msgs');
  r.end('AmortizedBatchTokenRequest');
  return { tokenType: value, truncatedTokenKeyId, blindedMsgs: readElements(list, Ne, 'blinded_msg') };
}

/** Encodes requests of any types and keys in one body, `TokenRequest requests<V>`. Each gets its own response. */
export function encodeGenericBatchTokenRequest(requests: readonly TokenRequest[]): Bytes {
  return variable(concat(...requests.map(encodeTokenRequest)));
}

/** @throws {PrivacyPassError} `unknown-token-type`, `empty-batch` @throws {WireError} `truncated`, `trailing`, `not-minimal` */
export function decodeGenericBatchTokenRequest(bytes: Bytes): TokenRequest[] {
  const r = new Reader(bytes);
  const list = readVariable(r, 'requests');
  r.end('GenericBatchTokenRequest');
  const requests: TokenRequest[] = [];
  while (list.remaining > 0) requests.push(readTokenRequest(list));
  if (requests.length === 0) throw new PrivacyPassError('empty-batch', 'requests: the vector is empty');
  return requests;
}

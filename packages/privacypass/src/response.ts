import { concat, Reader, uint, type Bytes } from '@sotto/wire';
import { PrivacyPassError } from './error.ts';
import { readElements, readVariable, variable } from './request.ts';
import { tokenType, voprfTokenType } from './token-type.ts';

/** One evaluated element and its proof (RFC 9578 §5.2): 145 bytes of type 0x0001, 96 of 0x0005. */
export interface TokenResponse {
  readonly evaluateMsg: Bytes; // Ne bytes
  readonly evaluateProof: Bytes; // 2 * Ns bytes
}

/** Encodes a TokenResponse. */
export function encodeTokenResponse({ evaluateMsg, evaluateProof }: TokenResponse): Bytes {
  return concat(evaluateMsg, evaluateProof);
}

/** Decodes a TokenResponse. @throws {PrivacyPassError} `unknown-token-type` @throws {WireError} `truncated`, `trailing` */
export function decodeTokenResponse(type: number, bytes: Bytes): TokenResponse {
  const { Ne, Ns } = voprfTokenType(type);
  const r = new Reader(bytes);
  const response = {
    evaluateMsg: r.opaque(Ne, 'evaluate_msg'),
    evaluateProof: r.opaque(2 * Ns, 'evaluate_proof'),
  };
  r.end('TokenResponse');
  return response;
}

/** `struct { EvaluatedMessage evaluated_msgs<V>; uint8 evaluated_proof[2*Ns]; }` */
export interface AmortizedBatchTokenResponse {
  readonly evaluatedMsgs: readonly Bytes[]; // one or more, Ne bytes each
  readonly evaluatedProof: Bytes; // 2 * Ns bytes
}

/** Encodes an AmortizedBatchTokenResponse. */
export function encodeAmortizedBatchTokenResponse(response: AmortizedBatchTokenResponse): Bytes {
  return concat(variable(concat(...response.evaluatedMsgs)), response.evaluatedProof);
}

/** @throws {PrivacyPassError} `unknown-token-type`, `empty-batch` @throws {WireError} `truncated`, `trailing`, `not-minimal` */
export function decodeAmortizedBatchTokenResponse(type: number, bytes: Bytes): AmortizedBatchTokenResponse {
  const { Ne, Ns } = voprfTokenType(type);
  const r = new Reader(bytes);
  const list = readVariable(r, 'evaluated_msgs');
  const evaluatedProof = r.opaque(2 * Ns, 'evaluated_proof');
  r.end('AmortizedBatchTokenResponse');
  return { evaluatedMsgs: readElements(list, Ne, 'evaluated_msg'), evaluatedProof };
}

/** The response to one request of a generic batch; null where the issuer issued no token. */
export type GenericTokenResponse = { readonly tokenType: number; readonly response: Bytes } | null;

/** Encodes `optional<struct { uint16 token_type; TokenResponse; }> responses<V>`. */
export function encodeGenericBatchTokenResponse(responses: readonly GenericTokenResponse[]): Bytes {
  const list = responses.map((entry) =>
    entry === null ? uint(1, 0) : concat(uint(1, 1), uint(2, entry.tokenType), entry.response),
  );
  return variable(concat(...list));
}

/** @throws {PrivacyPassError} `unknown-token-type`, `bad-presence`, `empty-batch` @throws {WireError} */
export function decodeGenericBatchTokenResponse(bytes: Bytes): GenericTokenResponse[] {
  const r = new Reader(bytes);
  const list = readVariable(r, 'responses');
  r.end('GenericBatchTokenResponse');
  const responses: GenericTokenResponse[] = [];
  while (list.remaining > 0) {
    const presence = list.uint(1, 'presence');
    if (presence > 1) throw new PrivacyPassError('bad-presence', 'presence is neither 0 nor 1');
    responses.push(presence === 0 ? null : readResponse(list));
  }
  if (responses.length === 0) throw new PrivacyPassError('empty-batch', 'responses: the vector is empty');
  return responses;
}

function readResponse(r: Reader): { readonly tokenType: number; readonly response: Bytes } {
  const { value, responseLength } = tokenType(r.uint(2, 'token_type'));
  return { tokenType: value, response: r.opaque(responseLength, 'token_response') };
}

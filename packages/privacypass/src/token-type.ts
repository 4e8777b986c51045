import type { VoprfSuiteId } from '@sotto/voprf';
import { PrivacyPassError } from './error.ts';

/** Sizes in bytes, as RFC 9578 §8.2.1 names them. */
export interface TokenType {
  readonly value: number;
  readonly suite: VoprfSuiteId | null; // null: we only decode it
  readonly Nk: number; // of a token's authenticator
  readonly requestLength: number; // of blinded_msg
  readonly responseLength: number; // of TokenResponse: evaluate_msg, then the proof
}

export const VOPRF_P384 = 0x0001; // RFC 9578 §8.2.1
export const BLIND_RSA = 0x0002; // RFC 9578 §8.2.2: decoded, never issued
export const VOPRF_RISTRETTO255 = 0x0005; // draft-ietf-privacypass-batched-tokens

export const TOKEN_TYPES: ReadonlyMap<number, TokenType> = new Map(
  [
    { value: VOPRF_P384, suite: 'P384-SHA384', Nk: 48, requestLength: 49, responseLength: 49 + 2 * 48 },
    { value: BLIND_RSA, suite: null, Nk: 256, requestLength: 256, responseLength: 256 },
    {
      value: VOPRF_RISTRETTO255,
      suite: 'ristretto255-SHA512',
      Nk: 64,
      requestLength: 32,
      responseLength: 32 + 2 * 32,
    },
  ].map((type) => [type.value, type as TokenType]),
);

/** @throws {PrivacyPassError} `unknown-token-type` */
export function tokenType(value: number): TokenType {
  const type = TOKEN_TYPES.get(value);
  if (type === undefined) throw new PrivacyPassError('unknown-token-type', `token type ${value}`);
  return type;
}

export interface VoprfTokenType extends TokenType {
  readonly suite: VoprfSuiteId;
  readonly Ne: number;
  readonly Ns: number;
}

/**
 * A type that is issued by VOPRF.
 *
 * @throws {PrivacyPassError} `unknown-token-type`
 */
export function voprfTokenType(value: number): VoprfTokenType {
  const type = tokenType(value);
  if (type.suite === null)
    throw new PrivacyPassError('unknown-token-type', `token type ${value} is not issued`);
  const Ne = type.requestLength;
  return { ...type, suite: type.suite, Ne, Ns: (type.responseLength - Ne) / 2 };
}

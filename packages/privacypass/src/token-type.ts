import { VOPRF_SIZES, type VoprfSuiteId } from '@sotto/voprf';
import { PrivacyPassError } from './error.ts';

/** Sizes in bytes, as RFC 9578 §8.2.1 names them. */
export interface TokenType {
  readonly value: number;
  readonly suite: VoprfSuiteId | null; // null: decoded but not issued
  readonly Nk: number; // of a token's authenticator
  readonly requestLength: number; // of blinded_msg
  readonly responseLength: number; // of TokenResponse: evaluate_msg, then the proof
}

/** Token type of VOPRF(P-384, SHA-384) (RFC 9578 §8.2.1). */
export const VOPRF_P384 = 0x0001;
/** Token type of Blind RSA (RFC 9578 §8.2.2): decoded, never issued. */
export const BLIND_RSA = 0x0002;
/** Token type of VOPRF(ristretto255, SHA-512) (draft-ietf-privacypass-batched-tokens). */
export const VOPRF_RISTRETTO255 = 0x0005;

/** The token types that we decode, by their values. */
export const TOKEN_TYPES: ReadonlyMap<number, TokenType> = new Map(
  [
    ofVoprf(VOPRF_P384, 'P384-SHA384'),
    { value: BLIND_RSA, suite: null, Nk: 256, requestLength: 256, responseLength: 256 },
    ofVoprf(VOPRF_RISTRETTO255, 'ristretto255-SHA512'),
  ].map((type) => [type.value, type]),
);

function ofVoprf(value: number, suite: VoprfSuiteId): TokenType {
  const { Ne, Ns, Nh } = VOPRF_SIZES[suite];
  return { value, suite, Nk: Nh, requestLength: Ne, responseLength: Ne + 2 * Ns };
}

/** @throws {PrivacyPassError} `unknown-token-type` */
export function tokenType(value: number): TokenType {
  const type = TOKEN_TYPES.get(value);
  if (type === undefined) throw new PrivacyPassError('unknown-token-type', `token type ${value}`);
  return type;
}

export interface VoprfTokenType extends TokenType {
  readonly suite: VoprfSuiteId;
  readonly Ne: number; // of an element
  readonly Ns: number; // of a scalar
}

/**
 * A token type that is issued with VOPRF.
 *
 * @throws {PrivacyPassError} `unknown-token-type`
 */
export function voprfTokenType(value: number): VoprfTokenType {
  const type = tokenType(value);
  if (type.suite === null)
    throw new PrivacyPassError('unknown-token-type', `token type ${value} is not issued`);
  const { Ne, Ns } = VOPRF_SIZES[type.suite];
  return { ...type, suite: type.suite, Ne, Ns };
}

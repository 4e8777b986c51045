import type { Voprf, VoprfKeyPair } from '@sotto/voprf';
import { equalBytes, type Bytes, type Random } from '@sotto/wire';
import { PrivacyPassError } from './error.ts';
import type { AmortizedBatchTokenRequest, TokenRequest } from './request.ts';
import { encodeAmortizedBatchTokenResponse, encodeTokenResponse } from './response.ts';
import { tokenAuthenticatorInput, tokenKeyId, truncatedTokenKeyId, type Token } from './token.ts';
import { voprfTokenType } from './token-type.ts';

function check(
  voprf: Voprf,
  type: number,
  keyId: number,
  key: VoprfKeyPair,
  elements: readonly Bytes[],
): void {
  if (voprfTokenType(type).suite !== voprf.suite) {
    throw new PrivacyPassError('unknown-token-type', `token type ${type} is not of ${voprf.suite}`);
  }
  if (keyId !== truncatedTokenKeyId(key.publicKey))
    throw new PrivacyPassError('wrong-key', 'another key is named');
  if (elements.length === 0) throw new PrivacyPassError('empty-batch', 'no elements');
  if (!elements.every((element) => voprf.isElement(element))) {
    throw new PrivacyPassError('bad-element', 'a blinded element is not one');
  }
}

/**
 * Issues one token (RFC 9578 §5.2). Everything is checked before the key is used.
 *
 * @returns an encoded TokenResponse
 * @throws {PrivacyPassError} `unknown-token-type`, `wrong-key`, `bad-element`
 */
export async function issueSingle(
  voprf: Voprf,
  key: VoprfKeyPair,
  { tokenType, truncatedTokenKeyId: keyId, blindedMsg }: TokenRequest,
  random: Random,
): Promise<Bytes> {
  check(voprf, tokenType, keyId, key, [blindedMsg]);
  const { evaluatedElements, proof } = await voprf.blindEvaluate(key, [blindedMsg], random);
  return encodeTokenResponse({ evaluateMsg: evaluatedElements[0] as Bytes, evaluateProof: proof });
}

/**
 * Issues a batch under one proof (draft-ietf-privacypass-batched-tokens). The limit of its size is the caller's.
 *
 * @returns an encoded AmortizedBatchTokenResponse
 * @throws {PrivacyPassError} `unknown-token-type`, `wrong-key`, `empty-batch`, `bad-element`
 */
export async function issueAmortized(
  voprf: Voprf,
  key: VoprfKeyPair,
  { tokenType, truncatedTokenKeyId: keyId, blindedMsgs }: AmortizedBatchTokenRequest,
  random: Random,
): Promise<Bytes> {
  check(voprf, tokenType, keyId, key, blindedMsgs);
  const { evaluatedElements, proof } = await voprf.blindEvaluate(key, blindedMsgs, random);
  return encodeAmortizedBatchTokenResponse({ evaluatedMsgs: evaluatedElements, evaluatedProof: proof });
}

/**
 * Whether the authenticator is this key's (RFC 9578 §5.4), in time that does not tell how far it was right.
 *
 * Key id, challenge and epoch are the caller's to check, before this.
 */
export async function verifyToken(voprf: Voprf, secretKey: Bytes, token: Token): Promise<boolean> {
  if (voprfTokenType(token.tokenType).suite !== voprf.suite) return false;
  const expected = await voprf.evaluate(secretKey, tokenAuthenticatorInput(token));
  return equalBytes(expected, token.authenticator);
}

/** Whether the token names this key. */
export function namesKey(token: Token, publicKey: Bytes): boolean {
  return equalBytes(token.tokenKeyId, tokenKeyId(publicKey));
}

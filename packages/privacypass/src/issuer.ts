import { VoprfError, type Voprf, type VoprfKeyPair } from '@sotto/voprf';
import { equalBytes, type Bytes, type Random } from '@sotto/wire';
import { PrivacyPassError } from './error.ts';
import type { AmortizedBatchTokenRequest, TokenRequest } from './request.ts';
import { encodeAmortizedBatchTokenResponse, encodeTokenResponse } from './response.ts';
import {
  tokenAuthenticatorInput,
  tokenKeyId,
  truncatedTokenKeyId as truncatedIdOf,
  type Token,
} from './token.ts';
import { voprfTokenType } from './token-type.ts';

/** BlindEvaluate, which checks every element before it uses the key. */
async function evaluate(
  voprf: Voprf,
  key: VoprfKeyPair,
  request: {
    readonly tokenType: number;
    readonly truncatedTokenKeyId: number;
    readonly elements: readonly Bytes[];
  },
  random: Random,
): Promise<{ evaluatedElements: Bytes[]; proof: Bytes }> {
  if (voprfTokenType(request.tokenType).suite !== voprf.suite) {
    throw new PrivacyPassError(
      'unknown-token-type',
      `token type ${request.tokenType} does not belong to ${voprf.suite}`,
    );
  }
  if (request.truncatedTokenKeyId !== truncatedIdOf(key.publicKey)) {
    throw new PrivacyPassError('wrong-key', 'the truncated key id belongs to another key');
  }
  if (request.elements.length === 0) throw new PrivacyPassError('empty-batch', 'the request has no elements');
  try {
    return await voprf.blindEvaluate(key, request.elements, random);
  } catch (error) {
    if (error instanceof VoprfError && error.code === 'bad-element') {
      throw new PrivacyPassError('bad-element', 'a blinded element is not a group element', { cause: error });
    }
    throw error;
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
  { tokenType, truncatedTokenKeyId, blindedMsg }: TokenRequest,
  random: Random,
): Promise<Bytes> {
  const request = { tokenType, truncatedTokenKeyId, elements: [blindedMsg] };
  const { evaluatedElements, proof } = await evaluate(voprf, key, request, random);
  return encodeTokenResponse({ evaluateMsg: evaluatedElements[0] as Bytes, evaluateProof: proof });
}

/**
 * Issues a batch under one proof (draft-ietf-privacypass-batched-tokens). The caller limits its size.
 *
 * @returns an encoded AmortizedBatchTokenResponse
 * @throws {PrivacyPassError} `unknown-token-type`, `wrong-key`, `empty-batch`, `bad-element`
 */
export async function issueAmortized(
  voprf: Voprf,
  key: VoprfKeyPair,
  { tokenType, truncatedTokenKeyId, blindedMsgs }: AmortizedBatchTokenRequest,
  random: Random,
): Promise<Bytes> {
  const request = { tokenType, truncatedTokenKeyId, elements: blindedMsgs };
  const { evaluatedElements, proof } = await evaluate(voprf, key, request, random);
  return encodeAmortizedBatchTokenResponse({ evaluatedMsgs: evaluatedElements, evaluatedProof: proof });
}

/**
 * Whether the authenticator is valid under this key (RFC 9578 §5.4). The comparison is constant-time.
 *
 * The caller checks key id, challenge and epoch first.
 */
export async function verifyToken(voprf: Voprf, secretKey: Bytes, token: Token): Promise<boolean> {
  if (voprfTokenType(token.tokenType).suite !== voprf.suite) return false;
  const expected = await voprf.evaluate(secretKey, tokenAuthenticatorInput(token));
  return equalBytes(expected, token.authenticator);
}

/** Whether the token has the key id of this key. */
export function namesKey(token: Token, publicKey: Bytes): boolean {
  return equalBytes(token.tokenKeyId, tokenKeyId(publicKey));
}

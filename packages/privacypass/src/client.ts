import { VoprfError, type Voprf } from '@sotto/voprf';
import { Reader, WireError, type Bytes, type Random } from '@sotto/wire';
import { challengeDigest } from './challenge.ts';
import { PrivacyPassError } from './error.ts';
import {
  AMORTIZED_REQUEST,
  encodeAmortizedBatchTokenRequest,
  encodeTokenRequest,
  TOKEN_REQUEST,
} from './request.ts';
import { decodeAmortizedBatchTokenResponse, decodeTokenResponse } from './response.ts';
import { encodeToken, tokenAuthenticatorInput, tokenKeyId, truncatedTokenKeyId } from './token.ts';
import { voprfTokenType } from './token-type.ts';

/** Tokens that were asked for: what to send, and what to make of the answer. */
export interface PendingTokens {
  readonly request: Bytes; // an encoded TokenRequest or AmortizedBatchTokenRequest
  readonly contentType: string;
  /**
   * Verifies the proof over the whole batch and unblinds it.
   *
   * @returns encoded tokens, as many as were asked for
   * @throws {PrivacyPassError} `bad-response`, whatever was wrong, and then there is no token at all
   */
  finish(response: Bytes): Promise<Bytes[]>;
}

/**
 * Draws nonces, blinds them, and makes the request for them (RFC 9578 §5.1).
 *
 * @param challenge - an encoded TokenChallenge of the same type
 * @param count - 1 when the kind is `single`
 * @param random - for each token 32 bytes of nonce, then its blind
 * @throws {PrivacyPassError} `unknown-token-type`, `mixed-types`, `empty-batch`, `bad-element`
 * @throws {WireError} `truncated` when the challenge has no type
 * @throws {VoprfError} `bad-random`
 */
export function createTokenRequests(options: {
  readonly voprf: Voprf;
  readonly tokenType: number;
  readonly publicKey: Bytes;
  readonly challenge: Bytes;
  readonly count: number;
  readonly random: Random;
  readonly kind: 'single' | 'amortized';
}): PendingTokens {
  const { voprf, tokenType, publicKey, challenge, count, random, kind } = options;
  if (voprfTokenType(tokenType).suite !== voprf.suite) {
    throw new PrivacyPassError('unknown-token-type', `token type ${tokenType} is not of ${voprf.suite}`);
  }
  if (new Reader(challenge).uint(2, 'token_type') !== tokenType) {
    throw new PrivacyPassError('mixed-types', 'the challenge asks for another type');
  }
  if (count < 1 || (kind === 'single' && count !== 1))
    throw new PrivacyPassError('empty-batch', `count ${count}`);
  if (!voprf.isElement(publicKey))
    throw new PrivacyPassError('bad-element', 'the public key is not an element');

  const digest = challengeDigest(challenge);
  const keyId = tokenKeyId(publicKey);
  const pending = Array.from({ length: count }, () => {
    const token = { tokenType, nonce: random(32), challengeDigest: digest, tokenKeyId: keyId };
    const input = tokenAuthenticatorInput(token);
    return { token, input, ...voprf.blind(input, random) };
  });
  const head = { tokenType, truncatedTokenKeyId: truncatedTokenKeyId(publicKey) };
  const blindedMsgs = pending.map(({ blindedElement }) => blindedElement);

  const open = (response: Bytes): { readonly elements: readonly Bytes[]; readonly proof: Bytes } => {
    if (kind === 'single') {
      const { evaluateMsg, evaluateProof } = decodeTokenResponse(tokenType, response);
      return { elements: [evaluateMsg], proof: evaluateProof };
    }
    const { evaluatedMsgs, evaluatedProof } = decodeAmortizedBatchTokenResponse(tokenType, response);
    return { elements: evaluatedMsgs, proof: evaluatedProof };
  };

  return {
    request:
      kind === 'single'
        ? encodeTokenRequest({ ...head, blindedMsg: blindedMsgs[0] as Bytes })
        : encodeAmortizedBatchTokenRequest({ ...head, blindedMsgs }),
    contentType: kind === 'single' ? TOKEN_REQUEST : AMORTIZED_REQUEST,
    async finish(response: Bytes): Promise<Bytes[]> {
      try {
        const { elements, proof } = open(response);
        if (elements.length !== count)
          throw new PrivacyPassError('bad-response', 'another number of elements');
        const items = pending.map(({ input, blind, blindedElement }, i) => ({
          input,
          blind,
          blindedElement,
          evaluatedElement: elements[i] as Bytes,
        }));
        const outputs = await voprf.finalize(publicKey, items, proof);
        return pending.map(({ token }, i) => encodeToken({ ...token, authenticator: outputs[i] as Bytes }));
      } catch (error) {
        if (error instanceof VoprfError || error instanceof WireError || error instanceof PrivacyPassError) {
          throw new PrivacyPassError('bad-response', 'the issuer answered what no honest issuer would', {
            cause: error,
          });
        }
        throw error;
      }
    },
  };
}

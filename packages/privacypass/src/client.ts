import { VoprfError, type VoprfClient } from '@sotto/voprf';
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
import {
  encodeToken,
  tokenAuthenticatorInput,
  tokenKeyId,
  truncatedTokenKeyId,
  type Token,
} from './token.ts';
import { voprfTokenType } from './token-type.ts';

/** A pending issuance: the request to send, and the function that turns its response into tokens. */
export interface PendingTokens {
  readonly request: Bytes; // an encoded TokenRequest or AmortizedBatchTokenRequest
  readonly contentType: string;
  /**
   * Verifies the proof over the whole batch and unblinds it (RFC 9578 §5.3).
   *
   * @returns encoded tokens, as many as were requested
   * @throws {PrivacyPassError} `bad-response`, whatever was wrong. Then no token of the batch exists
   */
  finish(response: Bytes): Promise<Bytes[]>;
}

/** The arguments of `createTokenRequests`. */
interface TokenRequestOptions {
  readonly voprf: VoprfClient;
  readonly tokenType: number;
  readonly publicKey: Bytes; // Ne bytes
  readonly challenge: Bytes;
  readonly count: number;
  readonly random: Random;
  readonly kind: 'single' | 'amortized';
}

/** One token before its authenticator is known. */
interface BlindedToken {
  readonly token: Omit<Token, 'authenticator'>;
  readonly input: Bytes; // 98 bytes
  readonly blind: Bytes; // Ns bytes
  readonly blindedElement: Bytes; // Ne bytes
}

/**
 * Chooses nonces, blinds them, and makes the request for them (RFC 9578 §5.1).
 *
 * @param options.challenge - an encoded TokenChallenge of the same type
 * @param options.count - how many tokens; 1 when the kind is `single`
 * @param options.random - for each token, 32 bytes for its nonce, then 1.5 * Ns bytes for its blind
 * @throws {PrivacyPassError} `unknown-token-type`, `mixed-types`, `empty-batch`, `bad-element`
 * @throws {WireError} `truncated` when the challenge has no type
 * @throws {VoprfError} `bad-random`
 */
export async function createTokenRequests(options: TokenRequestOptions): Promise<PendingTokens> {
  check(options);
  const blinded = await blindTokens(options);
  return {
    request: encodeRequest(options, blinded),
    contentType: options.kind === 'single' ? TOKEN_REQUEST : AMORTIZED_REQUEST,
    async finish(response: Bytes): Promise<Bytes[]> {
      try {
        return await finish(options, blinded, response);
      } catch (error) {
        if (error instanceof VoprfError || error instanceof WireError || error instanceof PrivacyPassError) {
          throw new PrivacyPassError('bad-response', 'the response is not one that an honest issuer sends', {
            cause: error,
          });
        }
        throw error;
      }
    },
  };
}

function check({ voprf, tokenType, publicKey, challenge, count, kind }: TokenRequestOptions): void {
  if (voprfTokenType(tokenType).suite !== voprf.suite) {
    throw new PrivacyPassError(
      'unknown-token-type',
      `token type ${tokenType} does not belong to ${voprf.suite}`,
    );
  }
  if (new Reader(challenge).uint(2, 'token_type') !== tokenType) {
    throw new PrivacyPassError('mixed-types', 'the challenge has another token type than the request');
  }
  if (count < 1 || (kind === 'single' && count !== 1)) {
    throw new PrivacyPassError('empty-batch', `a ${kind} request cannot have ${count} tokens`);
  }
  if (!voprf.isElement(publicKey)) {
    throw new PrivacyPassError('bad-element', 'the public key is not a group element');
  }
}

async function blindTokens(options: TokenRequestOptions): Promise<BlindedToken[]> {
  const { voprf, tokenType, publicKey, challenge, count, random } = options;
  const digest = challengeDigest(challenge);
  const keyId = tokenKeyId(publicKey);
  const blinded: BlindedToken[] = [];
  while (blinded.length < count) {
    const token = { tokenType, nonce: random(32), challengeDigest: digest, tokenKeyId: keyId };
    const input = tokenAuthenticatorInput(token);
    blinded.push({ token, input, ...(await voprf.blind(input, random)) });
  }
  return blinded;
}

function encodeRequest(
  { tokenType, publicKey, kind }: TokenRequestOptions,
  blinded: readonly BlindedToken[],
): Bytes {
  const head = { tokenType, truncatedTokenKeyId: truncatedTokenKeyId(publicKey) };
  const blindedMsgs = blinded.map(({ blindedElement }) => blindedElement);
  return kind === 'single'
    ? encodeTokenRequest({ ...head, blindedMsg: blindedMsgs[0] as Bytes })
    : encodeAmortizedBatchTokenRequest({ ...head, blindedMsgs });
}

async function finish(
  { voprf, tokenType, publicKey, kind }: TokenRequestOptions,
  blinded: readonly BlindedToken[],
  response: Bytes,
): Promise<Bytes[]> {
  const { elements, proof } = decodeResponse(kind, tokenType, response);
  if (elements.length !== blinded.length) {
    throw new PrivacyPassError('bad-response', `${elements.length} elements for ${blinded.length} tokens`);
  }
  const items = blinded.map(({ input, blind, blindedElement }, i) => ({
    input,
    blind,
    blindedElement,
    evaluatedElement: elements[i] as Bytes,
  }));
  const outputs = await voprf.finalize(publicKey, items, proof);
  return blinded.map(({ token }, i) => encodeToken({ ...token, authenticator: outputs[i] as Bytes }));
}

function decodeResponse(
  kind: TokenRequestOptions['kind'],
  tokenType: number,
  response: Bytes,
): { readonly elements: readonly Bytes[]; readonly proof: Bytes } {
  if (kind === 'single') {
    const { evaluateMsg, evaluateProof } = decodeTokenResponse(tokenType, response);
    return { elements: [evaluateMsg], proof: evaluateProof };
  }
  const { evaluatedMsgs, evaluatedProof } = decodeAmortizedBatchTokenResponse(tokenType, response);
  return { elements: evaluatedMsgs, proof: evaluatedProof };
}

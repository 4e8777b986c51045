import * as fc from 'fast-check';
import {
  decodeAmortizedBatchTokenRequest,
  decodeAmortizedBatchTokenResponse,
  decodeGenericBatchTokenRequest,
  decodeGenericBatchTokenResponse,
  decodeToken,
  decodeTokenChallenge,
  decodeTokenRequest,
  decodeTokenResponse,
  encodeAmortizedBatchTokenRequest,
  encodeAmortizedBatchTokenResponse,
  encodeGenericBatchTokenRequest,
  encodeGenericBatchTokenResponse,
  encodeToken,
  encodeTokenChallenge,
  encodeTokenRequest,
  encodeTokenResponse,
  TOKEN_TYPES,
} from '../src/index.ts';
import { bytes, laws } from './laws.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 24 });
const anyType = fc.constantFrom(...TOKEN_TYPES.values());
const voprfType = fc.constantFrom({ value: 1, Ne: 49, Ns: 48 }, { value: 5, Ne: 32, Ns: 32 });
const keyId = fc.nat({ max: 255 });

laws(
  'TokenChallenge',
  fc.record({
    tokenType: fc.nat({ max: 0xffff }),
    issuerName: text.filter((name) => name !== ''),
    redemptionContext: fc.constantFrom(0, 32).chain(bytes),
    originInfo: text,
  }),
  encodeTokenChallenge,
  decodeTokenChallenge,
);

laws(
  'Token',
  anyType.chain(({ value, Nk }) =>
    fc.record({
      tokenType: fc.constant(value),
      nonce: bytes(32),
      challengeDigest: bytes(32),
      tokenKeyId: bytes(32),
      authenticator: bytes(Nk),
    }),
  ),
  encodeToken,
  decodeToken,
);

const tokenRequest = anyType.chain(({ value, requestLength }) =>
  fc.record({ tokenType: fc.constant(value), truncatedTokenKeyId: keyId, blindedMsg: bytes(requestLength) }),
);
laws('TokenRequest', tokenRequest, encodeTokenRequest, decodeTokenRequest);

laws(
  'TokenResponse of type 0x0005',
  fc.record({ evaluateMsg: bytes(32), evaluateProof: bytes(64) }),
  encodeTokenResponse,
  (encoded) => decodeTokenResponse(5, encoded),
);
laws(
  'TokenResponse of type 0x0001',
  fc.record({ evaluateMsg: bytes(49), evaluateProof: bytes(96) }),
  encodeTokenResponse,
  (encoded) => decodeTokenResponse(1, encoded),
);

laws(
  'AmortizedBatchTokenRequest',
  voprfType.chain(({ value, Ne }) =>
    fc.record({
      tokenType: fc.constant(value),
      truncatedTokenKeyId: keyId,
      blindedMsgs: fc.array(bytes(Ne), { minLength: 1, maxLength: 4 }),
    }),
  ),
  encodeAmortizedBatchTokenRequest,
  decodeAmortizedBatchTokenRequest,
);

laws(
  'AmortizedBatchTokenResponse',
  fc.record({
    evaluatedMsgs: fc.array(bytes(32), { minLength: 1, maxLength: 4 }),
    evaluatedProof: bytes(64),
  }),
  encodeAmortizedBatchTokenResponse,
  (encoded) => decodeAmortizedBatchTokenResponse(5, encoded),
);

laws(
  'GenericBatchTokenRequest',
  fc.array(tokenRequest, { minLength: 1, maxLength: 3 }),
  encodeGenericBatchTokenRequest,
  decodeGenericBatchTokenRequest,
);

laws(
  'GenericBatchTokenResponse',
  fc.array(
    fc.option(
      anyType.chain(({ value, responseLength }) =>
        fc.record({ tokenType: fc.constant(value), response: bytes(responseLength) }),
      ),
    ),
    { minLength: 1, maxLength: 3 },
  ),
  encodeGenericBatchTokenResponse,
  decodeGenericBatchTokenResponse,
);

import { nobleVoprf } from '@sotto/voprf';
import { fromHex, hex } from '@sotto/wire';
import { expect, test } from 'vitest';
import generic from '../../../specs/vectors/batched-generic.json' with { type: 'json' };
import type2 from '../../../specs/vectors/rfc9578-type2.json' with { type: 'json' };
import { replay, wide } from '../../voprf/test/support.ts';
import {
  challengeDigest,
  createTokenRequests,
  decodeGenericBatchTokenRequest,
  decodeGenericBatchTokenResponse,
  decodeToken,
  decodeTokenChallenge,
  decodeTokenRequest,
  encodeGenericBatchTokenRequest,
  encodeGenericBatchTokenResponse,
  encodeToken,
  encodeTokenRequest,
  issueSingle,
  tokenKeyId,
  truncatedTokenKeyId,
  verifyToken,
} from '../src/index.ts';
import { recoverNonce } from './recover.ts';

const GIVEN = { proofNonce: 'given' } as const;

const VOPRF = { 1: nobleVoprf('P384-SHA384', GIVEN), 5: nobleVoprf('ristretto255-SHA512', GIVEN) };

test.each(generic.cases.map((v, i) => [i + 1, v] as const))(
  'batched tokens, generic #%i: decoded, encoded again, and its VOPRF parts issued',
  async (_, v) => {
    const requests = decodeGenericBatchTokenRequest(fromHex(v.request));
    const responses = decodeGenericBatchTokenResponse(fromHex(v.response));
    expect(hex(encodeGenericBatchTokenRequest(requests))).toBe(v.request);
    expect(hex(encodeGenericBatchTokenResponse(responses))).toBe(v.response);
    expect(requests.map(({ tokenType }) => tokenType)).toEqual(v.items.map((item) => Number(item.tokenType)));
    expect(responses).toHaveLength(v.items.length);

    for (const [i, item] of v.items.entries()) {
      const request = requests[i];
      const response = responses[i];
      if (request === undefined || response === null || response === undefined) throw new Error('missing');
      const publicKey = fromHex(item.issuerPublic);
      const token = decodeToken(fromHex(item.token));
      expect(request.truncatedTokenKeyId).toBe(truncatedTokenKeyId(publicKey));
      expect(response.tokenType).toBe(request.tokenType);
      expect(hex(token.tokenKeyId)).toBe(hex(tokenKeyId(publicKey)));
      expect(hex(token.challengeDigest)).toBe(hex(challengeDigest(fromHex(item.challenge))));
      if (request.tokenType !== 1 && request.tokenType !== 5) continue;

      const voprf = VOPRF[request.tokenType];
      const key = { secretKey: fromHex(item.issuerSecret), publicKey };
      const pending = await createTokenRequests({
        voprf,
        tokenType: request.tokenType,
        publicKey,
        challenge: fromHex(item.challenge),
        count: 1,
        kind: 'single',
        random: replay(fromHex(item.nonce), wide(fromHex(item.blind))),
      });
      expect(hex(pending.request)).toBe(hex(encodeTokenRequest(request)));
      const proof = response.response.subarray(voprf.Ne);
      const random = replay(recoverNonce(voprf, key.secretKey, proof));
      expect(hex(await issueSingle(voprf, key, request, random))).toBe(hex(response.response));
      expect((await pending.finish(response.response)).map(hex)).toEqual([item.token]);
      expect(await verifyToken(voprf, key.secretKey, token)).toBe(true);
    }
  },
);

test.each(type2.cases.map((v, i) => [i + 1, v] as const))(
  'RFC 9578 type 0x0002 #%i: decoded and encoded again',
  (_, v) => {
    const request = decodeTokenRequest(fromHex(v.request));
    const token = decodeToken(fromHex(v.token));
    const publicKey = fromHex(v.issuerPublic);
    expect(hex(encodeTokenRequest(request))).toBe(v.request);
    expect(hex(encodeToken(token))).toBe(v.token);
    expect(request).toMatchObject({ tokenType: 2, truncatedTokenKeyId: truncatedTokenKeyId(publicKey) });
    expect(decodeTokenChallenge(fromHex(v.challenge)).issuerName).not.toBe('');
    expect(hex(token.nonce)).toBe(v.nonce);
    expect(hex(token.tokenKeyId)).toBe(hex(tokenKeyId(publicKey)));
    expect(hex(token.challengeDigest)).toBe(hex(challengeDigest(fromHex(v.challenge))));
  },
);

import type { Voprf } from '@sotto/voprf';
import { fromHex, hex } from '@sotto/wire';
import { expect, test } from 'vitest';
import amortizedP384 from '../../../specs/vectors/batched-amortized-p384.json' with { type: 'json' };
import amortizedR255 from '../../../specs/vectors/batched-amortized-ristretto255.json' with { type: 'json' };
import type5 from '../../../specs/vectors/batched-type5-single.json' with { type: 'json' };
import type1Extra from '../../../specs/vectors/rfc9578-type1-extra.json' with { type: 'json' };
import type1 from '../../../specs/vectors/rfc9578-type1.json' with { type: 'json' };
import { replay, wide } from '../../voprf/test/support.ts';
import {
  createTokenRequests,
  decodeAmortizedBatchTokenRequest,
  decodeToken,
  decodeTokenRequest,
  issueAmortized,
  issueSingle,
  verifyToken,
} from '../src/index.ts';
import { recoverNonce } from './recover.ts';

type VoprfOf = (tokenType: number) => Voprf;

const SINGLE = [
  { name: 'RFC 9578 type 0x0001', ...type1 },
  { name: 'type 0x0001, more figures', ...type1Extra },
  { name: 'batched tokens, type 0x0005', ...type5 },
];
const AMORTIZED = [
  { name: 'batched tokens, amortized 0x0001', ...amortizedP384 },
  { name: 'batched tokens, amortized 0x0005', ...amortizedR255 },
];

/** Every published VOPRF issuance vector, byte for byte: the client's, the issuer's and the redeemer's part. */
export function issuanceVectors(label: string, voprfOf: VoprfOf): void {
  for (const { name, tokenType, cases } of SINGLE) {
    test.each(cases.map((v, i) => [i + 1, v] as const))(`${label}: ${name} #%i`, async (_, v) => {
      const type = Number(tokenType);
      const voprf = voprfOf(type);
      const key = { secretKey: fromHex(v.issuerSecret), publicKey: fromHex(v.issuerPublic) };
      const pending = await createTokenRequests({
        voprf,
        tokenType: type,
        publicKey: key.publicKey,
        challenge: fromHex(v.challenge),
        count: 1,
        kind: 'single',
        random: replay(fromHex(v.nonce), wide(fromHex(v.blind))),
      });
      expect(hex(pending.request)).toBe(v.request);

      const proof = fromHex(v.response).subarray(voprf.Ne);
      const random = replay(recoverNonce(voprf, key.secretKey, proof));
      const response = await issueSingle(voprf, key, decodeTokenRequest(pending.request), random);
      expect(hex(response)).toBe(v.response);
      expect((await pending.finish(response)).map(hex)).toEqual([v.token]);
      expect(await verifyToken(voprf, key.secretKey, decodeToken(fromHex(v.token)))).toBe(true);
    });
  }

  for (const { name, tokenType, cases } of AMORTIZED) {
    test.each(cases.map((v, i) => [i + 1, v] as const))(`${label}: ${name} #%i`, async (_, v) => {
      const type = Number(tokenType);
      const voprf = voprfOf(type);
      const key = { secretKey: fromHex(v.issuerSecret), publicKey: fromHex(v.issuerPublic) };
      const drawn = v.nonces.flatMap((nonce, i) => [fromHex(nonce), wide(fromHex(v.blinds[i] ?? ''))]);
      const pending = await createTokenRequests({
        voprf,
        tokenType: type,
        publicKey: key.publicKey,
        challenge: fromHex(v.challenge),
        count: v.nonces.length,
        kind: 'amortized',
        random: replay(...drawn),
      });
      expect(hex(pending.request)).toBe(v.request);

      const proof = fromHex(v.response).subarray(-2 * voprf.Ns);
      const random = replay(recoverNonce(voprf, key.secretKey, proof));
      const response = await issueAmortized(
        voprf,
        key,
        decodeAmortizedBatchTokenRequest(pending.request),
        random,
      );
      expect(hex(response)).toBe(v.response);
      expect((await pending.finish(response)).map(hex)).toEqual(v.tokens);
      for (const token of v.tokens) {
        expect(await verifyToken(voprf, key.secretKey, decodeToken(fromHex(token)))).toBe(true);
      }
    });
  }
}

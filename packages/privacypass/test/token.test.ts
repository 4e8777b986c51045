import { nobleVoprf } from '@sotto/voprf';
import { ecdhVoprf } from '@sotto/voprf/ecdh';
import { sodiumVoprf } from '@sotto/voprf/sodium';
import { loadSodium } from '@sotto/voprf/sodium-node';
import { concat, equalBytes, type Bytes } from '@sotto/wire';
import { describe, expect, test } from 'vitest';
import { seeded } from '../../voprf/test/support.ts';
import {
  challengeDigest,
  createTokenRequests,
  decodeToken,
  decodeTokenRequest,
  encodeTokenChallenge,
  issueSingle,
  namesKey,
  serviceChallenge,
  verifyToken,
} from '../src/index.ts';

const p384 = ecdhVoprf(crypto.subtle);
const r255 = sodiumVoprf(await loadSodium());

describe.each([
  { type: 1, voprf: p384, step: 11 },
  { type: 5, voprf: r255, step: 1 },
])('a token of type $type', async ({ type, voprf, step }) => {
  const random = seeded(type + 40);
  const keyA = await voprf.generateKeyPair(random);
  const keyB = await voprf.generateKeyPair(random);
  const challengeOf = (service: string) =>
    encodeTokenChallenge(
      serviceChallenge({ tokenType: type, issuerName: 'issuer.example', service, epoch: 0 }),
    );
  const challengeA = challengeOf('a');
  const pending = await createTokenRequests({
    voprf,
    tokenType: type,
    publicKey: keyA.publicKey,
    challenge: challengeA,
    count: 1,
    kind: 'single',
    random,
  });
  const response = await issueSingle(voprf, keyA, decodeTokenRequest(pending.request), random);
  const [token = new Uint8Array(0)] = await pending.finish(response);

  /** Whether a redeemer accepts the token: live key, accepted challenge, valid authenticator. */
  const accepts = async (bytes: Bytes, key = keyA, challenge = challengeA): Promise<boolean> => {
    const decoded = decodeToken(bytes);
    return (
      decoded.tokenType === type &&
      namesKey(decoded, key.publicKey) &&
      equalBytes(decoded.challengeDigest, challengeDigest(challenge)) &&
      (await verifyToken(voprf, key.secretKey, decoded))
    );
  };

  test('the unmodified token verifies', async () => {
    expect(await accepts(token)).toBe(true);
  });

  test('S03 a token with one flipped bit does not verify', async () => {
    for (let at = 2; at < token.length; at += step) {
      const flipped = token.slice();
      flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8));
      expect(await verifyToken(voprf, keyA.secretKey, decodeToken(flipped))).toBe(false);
    }
  });

  test('S02 S17 a token with extra or missing bytes does not decode', () => {
    expect(() => decodeToken(concat(token, Uint8Array.of(0)))).toThrow(
      expect.objectContaining({ code: 'trailing' }),
    );
    expect(() => decodeToken(token.subarray(0, -1))).toThrow(expect.objectContaining({ code: 'truncated' }));
  });

  test('S19 a token for service A does not verify at service B', async () => {
    expect(await accepts(token, keyB, challengeOf('b'))).toBe(false);
    expect(await accepts(token, keyA, challengeOf('b'))).toBe(false);
    expect(await accepts(token, keyB, challengeA)).toBe(false);
    expect(await verifyToken(voprf, keyB.secretKey, decodeToken(token))).toBe(false);
  });

  test('S19 a token with another key id verifies under neither key', async () => {
    const claimed = { ...decodeToken(token), tokenKeyId: new Uint8Array(32).fill(1) };
    expect(namesKey(claimed, keyA.publicKey)).toBe(false);
    expect(await verifyToken(voprf, keyA.secretKey, claimed)).toBe(false);
  });

  test('S19 a token sent with another token type does not decode or verify', async () => {
    const other = type === 1 ? 5 : 1;
    const sentAs = Uint8Array.of(0, other, ...token.subarray(2));
    expect(() => decodeToken(sentAs)).toThrow(expect.objectContaining({ name: 'WireError' }));
    const forced = { ...decodeToken(token), tokenType: other };
    expect(await verifyToken(voprf, keyA.secretKey, forced)).toBe(false);
    expect(await verifyToken(type === 1 ? r255 : p384, keyA.secretKey, decodeToken(token))).toBe(false);
  });
});

test('another implementation of the suite verifies the same token', async () => {
  const noble = nobleVoprf('ristretto255-SHA512');
  const key = await noble.generateKeyPair(seeded(2));
  const input = seeded(4)(98);
  expect(await noble.evaluate(key.secretKey, input)).toEqual(await r255.evaluate(key.secretKey, input));
});

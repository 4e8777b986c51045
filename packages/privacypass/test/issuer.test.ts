import { nobleVoprf } from '@sotto/voprf';
import { ecdhVoprf } from '@sotto/voprf/ecdh';
import { sodiumVoprf, type RawSodium } from '@sotto/voprf/sodium';
import { loadSodium } from '@sotto/voprf/sodium-node';
import { fromHex, type Bytes } from '@sotto/wire';
import { describe, expect, test } from 'vitest';
import { seeded } from '../../voprf/test/support.ts';
import { NOT_P384, NOT_RISTRETTO255 } from '../../voprf/test/elements.ts';
import { decodeTokenRequest, issueAmortized, issueSingle, truncatedTokenKeyId } from '../src/index.ts';

const code = (expected: string) => expect.objectContaining({ code: expected });
const sodium = await loadSodium();
const random = seeded(3);

const TYPES = [
  { type: 1, name: 'noble', voprf: nobleVoprf('P384-SHA384'), bad: NOT_P384 },
  { type: 1, name: 'ecdh', voprf: ecdhVoprf(crypto.subtle), bad: NOT_P384 },
  { type: 5, name: 'noble', voprf: nobleVoprf('ristretto255-SHA512'), bad: NOT_RISTRETTO255 },
  { type: 5, name: 'sodium', voprf: sodiumVoprf(sodium), bad: NOT_RISTRETTO255 },
];

describe.each(TYPES)('the issuer of type $type ($name)', async ({ type, voprf, bad }) => {
  const key = await voprf.generateKeyPair(random);
  const truncated = truncatedTokenKeyId(key.publicKey);
  const good = (await voprf.blind(random(98), random)).blindedElement;
  const single = (blindedMsg: Bytes, change = {}) =>
    issueSingle(
      voprf,
      key,
      { tokenType: type, truncatedTokenKeyId: truncated, blindedMsg, ...change },
      random,
    );
  const batch = (blindedMsgs: readonly Bytes[], change = {}) =>
    issueAmortized(
      voprf,
      key,
      { tokenType: type, truncatedTokenKeyId: truncated, blindedMsgs, ...change },
      random,
    );

  test('a valid element is evaluated', async () => {
    expect(await single(good)).toHaveLength(voprf.Ne + 2 * voprf.Ns);
    expect(await batch([good, good])).toHaveLength((2 * voprf.Ne < 64 ? 1 : 2) + 2 * voprf.Ne + 2 * voprf.Ns);
  });

  test.each(bad)('I02 I03 $name is refused, alone and last in a batch', async ({ element }) => {
    await expect(single(fromHex(element))).rejects.toThrow(code('bad-element'));
    await expect(batch([good, good, fromHex(element)])).rejects.toThrow(code('bad-element'));
  });

  test('I01 I02 an element of another length is refused', async () => {
    for (const length of [0, 1, voprf.Ne - 1, voprf.Ne + 1, 97]) {
      await expect(single(new Uint8Array(length).fill(2))).rejects.toThrow(code('bad-element'));
    }
  });

  test('I01 another truncated key id and another type are refused', async () => {
    await expect(single(good, { truncatedTokenKeyId: truncated ^ 1 })).rejects.toThrow(code('wrong-key'));
    await expect(batch([good], { truncatedTokenKeyId: truncated ^ 128 })).rejects.toThrow(code('wrong-key'));
    for (const tokenType of [0, 2, 3, 6 - type]) {
      await expect(single(good, { tokenType })).rejects.toThrow(code('unknown-token-type'));
      await expect(batch([good], { tokenType })).rejects.toThrow(code('unknown-token-type'));
    }
  });

  test('I06 an empty batch is refused', async () => {
    await expect(batch([])).rejects.toThrow(code('empty-batch'));
  });

  test('I13 a request that is a view into a larger buffer gets the same response, without its surroundings', async () => {
    const request = Uint8Array.of(0, type, truncated, ...good);
    const canary = new Uint8Array(request.length + 14).fill(0xc5);
    canary.set(request, 7);
    const view = canary.subarray(7, 7 + request.length);
    const [ofView, ofCopy] = await Promise.all(
      [view, request].map((bytes) => issueSingle(voprf, key, decodeTokenRequest(bytes), seeded(9))),
    );
    expect(ofView).toEqual(ofCopy);
    expect(canary.filter((byte) => byte === 0xc5).length).toBeGreaterThanOrEqual(14);
    expect(canary.subarray(7, 7 + request.length)).toEqual(request);
  });
});

const never = () => {
  throw new Error('the test does not expect a call for randomness');
};

test('I06 nothing is evaluated of a batch with one bad element', async () => {
  let multiplications = 0;
  const counting = new Proxy(sodium.raw, {
    get(target, name: keyof RawSodium) {
      if (name === 'ge25519_scalarmult') multiplications++;
      return target[name];
    },
  });
  const voprf = sodiumVoprf({ raw: counting });
  const key = await voprf.generateKeyPair(random);
  const blinded = await Promise.all(Array.from({ length: 29 }, () => voprf.blind(random(98), random)));
  const good = blinded.map(({ blindedElement }) => blindedElement);
  const request = { tokenType: 5, truncatedTokenKeyId: truncatedTokenKeyId(key.publicKey) };
  multiplications = 0;
  for (const { element } of NOT_RISTRETTO255) {
    const blindedMsgs = [...good, fromHex(element)];
    await expect(issueAmortized(voprf, key, { ...request, blindedMsgs }, never)).rejects.toThrow(
      code('bad-element'),
    );
  }
  expect(multiplications).toBe(0);
  await issueAmortized(voprf, key, { ...request, blindedMsgs: good }, random);
  expect(multiplications).toBe(29 + 2);
});

import { hex, type Bytes, type Random } from '@sotto/wire';
import { describe, expect, test } from 'vitest';
import { nobleVoprf, type Voprf, type VoprfKeyPair, type VoprfOptions } from '../src/index.ts';
import { nodeEcdhVoprf } from '../src/ecdh.node.ts';
import { ecdhVoprf } from '../src/ecdh.ts';
import { loadSodium } from '../src/sodium-node.ts';
import { sodiumVoprf } from '../src/sodium.ts';
import { orderOf } from './elements.ts';
import { seeded } from './support.ts';

const sodium = await loadSodium();
const IMPLEMENTATIONS: readonly [name: string, make: (options?: VoprfOptions) => Voprf][] = [
  ['noble ristretto255', (options) => nobleVoprf('ristretto255-SHA512', options)],
  ['noble P-384', (options) => nobleVoprf('P384-SHA384', options)],
  ['sodium', (options) => sodiumVoprf(sodium, options)],
  ['ecdh', (options) => ecdhVoprf(crypto.subtle, options)],
  ['node:crypto', (options) => nodeEcdhVoprf(options)],
];

const mod = (value: bigint, n: bigint): bigint => ((value % n) + n) % n;

function inverse(value: bigint, n: bigint): bigint {
  let [a, b, x, y] = [mod(value, n), n, 1n, 0n];
  while (a > 1n) [a, b, x, y] = [b % a, a, y - (b / a) * x, x];
  return mod(x, n);
}

/** Broken randomness: always the same bytes. */
const repeated: Random = (length) => new Uint8Array(length).fill(0x5a);

describe.each(IMPLEMENTATIONS)('proofs of %s', (_name, make) => {
  const n = orderOf(make());
  const little = make().suite === 'ristretto255-SHA512';
  const number = (scalar: Bytes) => BigInt(`0x${hex(little ? scalar.toReversed() : scalar)}`);

  async function proofOf(voprf: Voprf, key: VoprfKeyPair, seeds: readonly number[], random: Random) {
    const drawn = await Promise.all(seeds.map((seed) => voprf.blind(seeded(seed)(9), seeded(seed))));
    const blinded = drawn.map(({ blindedElement }) => blindedElement);
    const { proof } = await voprf.blindEvaluate(key, blinded, random);
    const [c, s] = [number(proof.subarray(0, voprf.Ns)), number(proof.subarray(voprf.Ns))];
    return { c, s, r: mod(s + c * number(key.secretKey), n) };
  }

  test('N68 with a given nonce, repeated randomness reveals the key', async () => {
    const voprf = make({ proofNonce: 'given' });
    const key = await voprf.generateKeyPair(seeded(1));
    const a = await proofOf(voprf, key, [2], repeated);
    const b = await proofOf(voprf, key, [3], repeated);
    expect(a.r).toBe(b.r);
    expect(mod((a.s - b.s) * inverse(b.c - a.c, n), n)).toBe(number(key.secretKey));
  });

  test('N68 by default, repeated randomness gives another nonce for every key and batch', async () => {
    const voprf = make();
    const nonces = new Set<bigint>();
    const keys = [await voprf.generateKeyPair(seeded(1)), await voprf.generateKeyPair(seeded(4))] as const;
    const batches = [[2], [3], [2, 3], [3, 2], [2, 2]];
    for (const key of keys) {
      for (const batch of batches) nonces.add((await proofOf(voprf, key, batch, repeated)).r);
    }
    expect(nonces.size).toBe(keys.length * batches.length);
    const [key] = keys;
    const a = await proofOf(voprf, key, [2], repeated);
    const b = await proofOf(voprf, key, [3], repeated);
    expect(mod((a.s - b.s) * inverse(b.c - a.c, n), n)).not.toBe(number(key.secretKey));
    expect([...nonces]).toContain(a.r); // the same statement and randomness give the same proof
    expect([...nonces]).not.toContain((await proofOf(voprf, key, [2], seeded(8))).r);
  });

  test('N68 a hedged proof verifies, and bad randomness is still refused', async () => {
    const voprf = make();
    const key = await voprf.generateKeyPair(seeded(1));
    const input = seeded(2)(98);
    const drawn = await voprf.blind(input, seeded(3));
    const { evaluatedElements, proof } = await voprf.blindEvaluate(key, [drawn.blindedElement], seeded(4));
    const [evaluatedElement = input] = evaluatedElements;
    const [output] = await voprf.finalize(key.publicKey, [{ input, ...drawn, evaluatedElement }], proof);
    expect(output).toEqual(await voprf.evaluate(key.secretKey, input));
    for (const length of [0, voprf.Ns, 1.5 * voprf.Ns - 1, 1.5 * voprf.Ns + 1]) {
      const short: Random = () => new Uint8Array(length).fill(1);
      await expect(voprf.blindEvaluate(key, [drawn.blindedElement], short)).rejects.toMatchObject({
        code: 'bad-random',
      });
    }
  });
});

test('N68 a nonce is close to uniform: its highest byte takes many values', async () => {
  const voprf = nobleVoprf('P384-SHA384');
  const key = await voprf.generateKeyPair(seeded(1));
  const number = (scalar: Bytes) => BigInt(`0x${hex(scalar)}`);
  const top = new Set<bigint>();
  for (let seed = 1; seed <= 12; seed++) {
    const { blindedElement } = await voprf.blind(seeded(seed)(9), seeded(seed));
    const { proof } = await voprf.blindEvaluate(key, [blindedElement], repeated);
    const [c, s] = [number(proof.subarray(0, 48)), number(proof.subarray(48))];
    top.add(mod(s + c * number(key.secretKey), orderOf(voprf)) >> 376n);
  }
  expect(top.size).toBeGreaterThan(8);
});

import { p384_oprf } from '@noble/curves/nist.js';
import { ristretto255_oprf } from '@noble/curves/ed25519.js';
import { ristretto255 } from '@noble/curves/ed25519.js';
import { p384 } from '@noble/curves/nist.js';
import { concat, fromHex, hex, type Bytes, type Random } from '@sotto/wire';
import { expect, test } from 'vitest';
import type { Voprf, VoprfItem } from '../src/index.ts';
import { NOT_P384, NOT_RISTRETTO255, orderOf, scalarEdges, scalarOf } from './elements.ts';
import { replay, seeded, wide } from './support.ts';

const code = (expected: string) => expect.objectContaining({ code: expected });
const never: Random = () => {
  throw new Error('the test does not expect a call for randomness');
};

/** noble's own OPRF, whose RandomScalar maps 1.5 * Ns bytes b to b mod (n - 1) + 1. */
interface NobleVoprf {
  blindEvaluateBatch(
    secretKey: Bytes,
    publicKey: Bytes,
    blinded: readonly Bytes[],
    rng: Random,
  ): { evaluated: Uint8Array[]; proof: Uint8Array };
  blind(input: Bytes, rng: Random): { blind: Uint8Array; blinded: Uint8Array };
  finalizeBatch(items: readonly object[], publicKey: Bytes, proof: Bytes): Uint8Array[];
  evaluate(secretKey: Bytes, input: Bytes): Uint8Array;
}

const NONE: Bytes = new Uint8Array(0);
const plain = (bytes: Uint8Array): Bytes => Uint8Array.from(bytes);

/** Tests that every implementation of a suite must pass: comparison with noble's own OPRF, and edge cases. */
export function edges(name: string, voprf: Voprf, runs: number): void {
  const little = voprf.suite === 'ristretto255-SHA512';
  const suite = little ? ristretto255_oprf : p384_oprf;
  const noble = suite.voprf as unknown as NobleVoprf;
  const Point = little ? ristretto255.Point : p384.Point;
  const n = orderOf(voprf);
  const label = `${name}: ${voprf.suite}`;
  const number = (scalar: Bytes) => BigInt(`0x${hex(little ? scalar.toReversed() : scalar)}`);
  /** The random bytes from which noble makes the scalar that our code makes from `wide(scalar)`. */
  const nobles = (scalar: Bytes) => wide(scalarOf(voprf, number(scalar) - 1n));

  test(`${label} agrees with noble's own OPRF for random inputs, keys and randomness`, async () => {
    for (let seed = 1; seed <= runs; seed++) {
      const random = seeded(seed);
      const key = await voprf.generateKeyPair(random);
      const items: VoprfItem[] = [];
      for (let i = 0; i < 1 + (seed % 3); i++) {
        const input = random((seed * 37 * i) % 200);
        const drawn = await voprf.blind(input, random);
        const theirs = noble.blind(input, replay(nobles(drawn.blind)));
        expect(hex(drawn.blindedElement)).toBe(hex(theirs.blinded));
        items.push({ input, ...drawn, evaluatedElement: drawn.blindedElement });
      }
      const elements = items.map(({ blindedElement }) => blindedElement);
      const { secretKey: r } = await voprf.generateKeyPair(random);
      const ours = await voprf.blindEvaluate(key, elements, replay(wide(r)));
      const theirs = noble.blindEvaluateBatch(key.secretKey, key.publicKey, elements, replay(nobles(r)));
      expect(ours.evaluatedElements.map(hex)).toEqual(theirs.evaluated.map(hex));
      expect(hex(ours.proof)).toBe(hex(theirs.proof));

      const full = items.map((item, i) => ({
        ...item,
        evaluatedElement: ours.evaluatedElements[i] ?? NONE,
      }));
      const outputs = await voprf.finalize(key.publicKey, full, ours.proof);
      const asNoble = full.map((i) => ({ ...i, blinded: i.blindedElement, evaluated: i.evaluatedElement }));
      expect(outputs.map(hex)).toEqual(noble.finalizeBatch(asNoble, key.publicKey, ours.proof).map(hex));
      for (const [i, { input }] of items.entries()) {
        expect(await voprf.evaluate(key.secretKey, input)).toEqual(outputs[i]);
        expect(hex(noble.evaluate(key.secretKey, input))).toBe(hex(outputs[i] ?? NONE));
      }
    }
  });

  test(`${label} multiplies G, -G, 2G and (n - 1)/2 G by secrets at both ends of their range`, async () => {
    const half = (n - 1n) / 2n;
    const points = [1n, n - 1n, 2n, n - 2n, half, half + 1n].map((m) =>
      plain(Point.BASE.multiply(m).toBytes()),
    );
    for (const k of [1n, 2n, 3n, half, half + 1n, n - 2n, n - 1n]) {
      const secretKey = scalarOf(voprf, k);
      const key = { secretKey, publicKey: await voprf.publicKey(secretKey) };
      expect(hex(key.publicKey)).toBe(hex(Point.BASE.multiply(k).toBytes()));
      const r = scalarOf(voprf, n - 1n);
      const { evaluatedElements, proof } = await voprf.blindEvaluate(key, points, replay(wide(r)));
      const theirs = noble.blindEvaluateBatch(secretKey, key.publicKey, points, replay(nobles(r)));
      expect(evaluatedElements.map(hex)).toEqual(theirs.evaluated.map(hex));
      expect(hex(proof)).toBe(hex(theirs.proof));
    }
  });

  test.each(little ? NOT_RISTRETTO255 : NOT_P384)(
    `${label} refuses $name as an element`,
    async ({ element }) => {
      const key = await voprf.generateKeyPair(seeded(1));
      const bytes = fromHex(element);
      expect(voprf.isElement(bytes)).toBe(false);
      await expect(voprf.blindEvaluate(key, [key.publicKey, bytes], never)).rejects.toThrow(
        code('bad-element'),
      );
      const good = {
        input: bytes,
        ...(await voprf.blind(bytes, seeded(2))),
        evaluatedElement: key.publicKey,
      };
      const proof = new Uint8Array(2 * voprf.Ns);
      for (const item of [
        { ...good, evaluatedElement: bytes },
        { ...good, blindedElement: bytes },
      ]) {
        await expect(voprf.finalize(key.publicKey, [item], proof)).rejects.toThrow(code('bad-element'));
      }
      await expect(voprf.finalize(bytes, [good], proof)).rejects.toThrow(code('bad-element'));
    },
  );

  test(`${label} refuses keys out of range, of another length, and another key's public half`, async () => {
    const key = await voprf.generateKeyPair(seeded(1));
    const other = await voprf.generateKeyPair(seeded(2));
    const out = scalarEdges(voprf).filter((edge) => !['1', 'n - 1'].includes(edge.name));
    const bad = [
      ...out.map(({ scalar }) => scalar),
      key.secretKey.subarray(1),
      concat(key.secretKey, Uint8Array.of(0)),
    ];
    for (const secretKey of bad) {
      await expect(voprf.publicKey(secretKey)).rejects.toThrow(code('bad-scalar'));
      const pair = { secretKey, publicKey: key.publicKey };
      await expect(voprf.blindEvaluate(pair, [key.publicKey], never)).rejects.toThrow(code('bad-scalar'));
      await expect(voprf.evaluate(secretKey, key.publicKey)).rejects.toThrow(code('bad-scalar'));
    }
    const mixed = { ...key, publicKey: other.publicKey };
    await expect(voprf.blindEvaluate(mixed, [key.publicKey], never)).rejects.toThrow(code('key-mismatch'));
  });

  test(`${label} refuses empty and oversized batches, long inputs, and bad randomness`, async () => {
    const key = await voprf.generateKeyPair(seeded(1));
    const long = new Uint8Array(2 ** 16);
    await expect(voprf.blindEvaluate(key, [], never)).rejects.toThrow(code('empty-batch'));
    await expect(voprf.finalize(key.publicKey, [], new Uint8Array(2 * voprf.Ns))).rejects.toThrow(
      code('empty-batch'),
    );
    const endless = Array.from({ length: 2 ** 16 }, () => key.publicKey);
    await expect(voprf.blindEvaluate(key, endless, never)).rejects.toThrow(code('batch-too-large'));
    await expect(voprf.blind(long, seeded(1))).rejects.toThrow(code('bad-input'));
    await expect(voprf.evaluate(key.secretKey, long)).rejects.toThrow(code('bad-input'));
    expect(await voprf.evaluate(key.secretKey, long.subarray(1))).toHaveLength(voprf.Nh);
    await expect(voprf.blind(long.subarray(9), (length) => new Uint8Array(length))).rejects.toThrow(
      code('bad-random'),
    );
    await expect(voprf.generateKeyPair(() => new Uint8Array(32))).rejects.toThrow(code('bad-random'));
    const nInWide = wide(scalarOf(voprf, n));
    await expect(voprf.generateKeyPair(replay(nInWide))).rejects.toThrow(code('bad-random'));
  });

  test(`${label} refuses blinds and proofs out of range`, async () => {
    const key = await voprf.generateKeyPair(seeded(1));
    const drawn = await voprf.blind(seeded(3)(98), seeded(2));
    const { evaluatedElements, proof } = await voprf.blindEvaluate(key, [drawn.blindedElement], seeded(4));
    const item = { input: seeded(3)(98), ...drawn, evaluatedElement: evaluatedElements[0] ?? NONE };
    expect(await voprf.finalize(key.publicKey, [item], proof)).toHaveLength(1);
    for (const { name: edge, scalar } of scalarEdges(voprf)) {
      const bad = [concat(scalar, proof.subarray(voprf.Ns)), concat(proof.subarray(0, voprf.Ns), scalar)];
      for (const forged of bad) {
        await expect(voprf.finalize(key.publicKey, [item], forged)).rejects.toThrow(code('proof-failed'));
      }
      if (edge === '1' || edge === 'n - 1') continue;
      const blinded = { ...item, blind: scalar };
      await expect(voprf.finalize(key.publicKey, [blinded], proof)).rejects.toThrow(code('bad-scalar'));
    }
    for (const cut of [proof.subarray(1), concat(proof, proof), new Uint8Array(0)]) {
      await expect(voprf.finalize(key.publicKey, [item], cut)).rejects.toThrow(code('proof-failed'));
    }
  });

  test(`${label} loads a key again when its array was overwritten`, async () => {
    const key = await voprf.generateKeyPair(seeded(1));
    const other = await voprf.generateKeyPair(seeded(2));
    const before = await voprf.evaluate(key.secretKey, key.publicKey);
    expect(await voprf.evaluate(key.secretKey, key.publicKey)).toEqual(before);
    const expected = await voprf.evaluate(other.secretKey, key.publicKey);
    key.secretKey.set(other.secretKey);
    expect(await voprf.evaluate(key.secretKey, key.publicKey)).toEqual(expected);
  });
}

import { ristretto255 } from '@noble/curves/ed25519.js';
import type { Bytes } from '@sotto/wire';
import { afterEach, expect, test, vi } from 'vitest';
import { ristretto255Group } from '../src/noble-group.ts';
import { createVoprf } from '../src/protocol.ts';
import { scalarFromBytes } from '../src/scalar.ts';
import { seeded } from './support.ts';

const n = ristretto255.Point.Fn.ORDER;
const group = ristretto255Group();
const DST = new TextEncoder().encode('mask');
const elementOf = (seed: number) => group.hashToGroup(seeded(seed)(32), DST) ?? group.generator;
const scalarOf = (seed: number): Bytes => group.reduce(seeded(seed)(48));

afterEach(() => vi.restoreAllMocks());

/** The number whose hexadecimal digits a multiplication looks up, and how many digits it looks up. */
async function digitsOf(
  multiply: () => unknown,
): Promise<{ readonly value: bigint; readonly count: number }> {
  const parseInt = vi.spyOn(Number, 'parseInt');
  await multiply();
  const digits = parseInt.mock.calls.map(([text]) => text).filter((text) => text.length === 1);
  parseInt.mockRestore();
  return { value: BigInt(`0x${digits.join('')}`), count: digits.length };
}

test('noble group: a secret scalar is used with a mask of 64 bits, another one for every scalar and element', async () => {
  const masks: bigint[] = [];
  for (const [scalar, element] of [
    [scalarOf(1), elementOf(1)],
    [scalarOf(1), elementOf(2)],
    [scalarOf(2), elementOf(1)],
    [scalarOf(2), elementOf(2)],
  ] as const) {
    const number = scalarFromBytes({ littleEndian: true }, scalar);
    const secret = await group.load(scalar);
    const { value, count } = await digitsOf(() => secret.multiply(element));
    expect(count).toBe(80); // the same for every scalar and mask
    expect(value % n).toBe(number);
    masks.push((value - number) / n);
  }
  expect(new Set(masks).size).toBe(4);
  for (const mask of masks) {
    expect(mask).toBeGreaterThan(2n ** 48n); // a probability of 2^-16 that does not occur with these seeds
    expect(mask).toBeLessThan(2n ** 64n);
  }
});

test('noble group: the mask depends on the scalar and the element only, so that a batch can be made again', async () => {
  const secret = await group.load(scalarOf(3));
  const first = await digitsOf(() => secret.multiply(elementOf(3)));
  expect(await digitsOf(() => secret.multiply(elementOf(3)))).toEqual(first);
});

test('noble group: blinds are masked like other secret scalars', async () => {
  const voprf = createVoprf(group);
  const { value, count } = await digitsOf(() => voprf.blind(seeded(4)(98), () => seeded(5)(48)));
  expect(count).toBe(80);
  expect(value % n).toBe(scalarFromBytes({ littleEndian: true }, scalarOf(5)));
  expect(value / n).toBeGreaterThan(2n ** 48n);
});

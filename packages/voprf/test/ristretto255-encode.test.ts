import { ed25519, ristretto255, ristretto255_hasher } from '@noble/curves/ed25519.js';
import { hex } from '@sotto/wire';
import { expect, test } from 'vitest';
import { doubleAndEncode } from '../src/ristretto255-encode.ts';
import { extended } from '../src/ristretto255-points.ts';

const { Point } = ristretto255;
const low = ed25519.Point.fromHex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'); // order 8

test('doubleAndEncode: agrees with noble for every representation of an element, in one batch', () => {
  const points = Array.from({ length: 20 }, (_, seed) => {
    const P = ristretto255_hasher.hashToCurve(Uint8Array.of(seed));
    return [0n, 2n, 4n, 6n].map((m) => {
      const moved = ed25519.Point.fromAffine(P.toAffine()).add(low.multiplyUnsafe(m));
      return new Point(moved);
    });
  }).flat();
  const doubles = doubleAndEncode([...points, Point.BASE].map(extended));
  const expected = [...points, Point.BASE].map((P) => Point.fromBytes(P.toBytes()).double().toHex());
  expect(doubles.map(({ bytes }) => hex(bytes))).toEqual(expected);
  expect(doubles.map(({ element }) => element.toHex())).toEqual(expected);
});

test('doubleAndEncode: refuses a batch with a point of small order, whose double it cannot encode', () => {
  for (const P of [Point.ZERO, new Point(low)]) {
    expect(() => doubleAndEncode([Point.BASE, P].map(extended))).toThrow('invert');
  }
});

import { mulAddUnsafe } from '@noble/curves/abstract/curve.js';
import { ed25519, ristretto255, ristretto255_hasher } from '@noble/curves/ed25519.js';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { multiplySecret, sumPublic } from '../src/ristretto255-points.ts';

const { Point } = ristretto255;
const n = Point.Fn.ORDER;
const edges = [0n, 1n, 2n, 15n, 16n, 17n, 31n, n / 2n, n - 17n, n - 16n, n - 2n, n - 1n, 2n ** 252n - 1n];
const scalar = fc.oneof(fc.constantFrom(...edges), fc.bigInt({ min: 0n, max: n - 1n }));
const hashed = fc
  .uint8Array({ minLength: 4, maxLength: 4 })
  .map((seed) => ristretto255_hasher.hashToCurve(Uint8Array.from(seed)));
const point = fc.oneof(
  hashed,
  fc.constantFrom(Point.BASE, Point.BASE.negate(), Point.BASE.double(), Point.ZERO),
  hashed.map((other) => Point.fromBytes(other.toBytes())),
);

test('the sum agrees with noble for any scalars and points, including the identity and equal ones', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(scalar, point), { minLength: 1, maxLength: 5 }), (terms) => {
      const scalars = terms.map(([k]) => k);
      const points = terms.map(([, P]) => P);
      const ours = sumPublic(scalars, points);
      expect(ours.toHex()).toBe(mulAddUnsafe(Point, points, scalars).toHex());
    }),
    { numRuns: 60 },
  );
});

test('a sum of opposite terms is the identity', () => {
  const P = ristretto255_hasher.hashToCurve(Uint8Array.of(1));
  expect(sumPublic([5n, n - 5n], [P, P]).is0()).toBe(true);
  expect(sumPublic([7n, 7n], [P, P.negate()]).is0()).toBe(true);
  expect(sumPublic([0n], [P]).is0()).toBe(true);
});

test('a masked product agrees with noble for any mask, also of points with a part of small order', () => {
  const low = ed25519.Point.fromHex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'); // order 8
  const moved = fc.tuple(hashed, fc.constantFrom(2n, 4n, 6n)).map(([P, m]) => {
    return Point.fromAffine(ed25519.Point.fromAffine(P.toAffine()).add(low.multiplyUnsafe(m)).toAffine());
  });
  fc.assert(
    fc.property(
      scalar.filter((k) => k !== 0n),
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      fc.oneof(point, moved),
      (k, mask, P) => {
        const expected = P.is0() ? P : Point.fromBytes(P.toBytes()).multiply(k);
        expect(multiplySecret(k, mask, P).toHex()).toBe(expected.toHex());
      },
    ),
    { numRuns: 60 },
  );
});

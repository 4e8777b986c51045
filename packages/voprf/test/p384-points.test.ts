import { mulAddUnsafe } from '@noble/curves/abstract/curve.js';
import { p384, p384_hasher } from '@noble/curves/nist.js';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { multiplyEach, multiplySecret, sumPublic } from '../src/p384-points.ts';

const { Point } = p384;
const n = Point.Fn.ORDER;
const edges = [0n, 1n, 2n, 15n, 16n, 17n, 31n, n / 2n, n / 2n + 1n, n - 17n, n - 16n, n - 2n, n - 1n];
const scalar = fc.oneof(fc.constantFrom(...edges), fc.bigInt({ min: 0n, max: n - 1n }));
const lowX = ['00', '02', '03'].map((x) => Point.fromHex(`02${x.padStart(96, '0')}`));
const special = [Point.BASE, Point.BASE.negate(), Point.BASE.double(), Point.ZERO, ...lowX];
const hashed = fc
  .uint8Array({ minLength: 1, maxLength: 1 })
  .map((seed) => p384_hasher.hashToCurve(Uint8Array.from(seed)));

test('the sum agrees with noble for any scalars and points, including the identity and equal ones', () => {
  const term = fc.tuple(scalar, fc.oneof(hashed, fc.constantFrom(...special)));
  fc.assert(
    fc.property(fc.array(term, { minLength: 1, maxLength: 4 }), (terms) => {
      const scalars = terms.map(([k]) => k);
      const points = terms.map(([, P]) => P);
      const ours = sumPublic(scalars, points);
      expect(ours.equals(mulAddUnsafe(Point, points, scalars))).toBe(true);
      if (!ours.is0()) ours.assertValidity();
    }),
    { numRuns: 50 },
  );
});

test('sums of equal, opposite and zero terms', () => {
  const P = p384_hasher.hashToCurve(Uint8Array.of(1));
  expect(sumPublic([5n, n - 5n], [P, P]).is0()).toBe(true);
  expect(sumPublic([7n, 7n], [P, P.negate()]).is0()).toBe(true);
  expect(sumPublic([0n, 0n], [P, Point.BASE]).is0()).toBe(true);
  expect(sumPublic([3n, 3n], [P, P]).equals(P.multiply(6n))).toBe(true);
  expect(sumPublic([1n, 1n, 1n], [P, P.negate(), P]).equals(P)).toBe(true);
});

test('a masked product agrees with noble for any mask, also where two added points are equal or opposite', () => {
  const twice = Array.from({ length: 8 }, (_, i) => BigInt(4 * i + 2)); // 2d of each odd d
  const secret = fc.oneof(scalar, fc.constantFrom(...twice, ...twice.map((k) => n - k)));
  fc.assert(
    fc.property(
      secret.filter((k) => k !== 0n),
      fc.oneof(fc.constantFrom(0n, 1n, 2n ** 64n - 1n), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })),
      fc.oneof(hashed, fc.constantFrom(...special)),
      (k, mask, P) => {
        const product = multiplySecret({ scalar: k, mask: () => mask }, P);
        expect(product.equals(P.is0() ? P : P.multiply(k))).toBe(true);
        if (!product.is0()) product.assertValidity();
      },
    ),
    { numRuns: 60 },
  );
});

test('multiplyEach: agrees with noble for a batch with the identity and equal points, and pauses before every product', async () => {
  const P = p384_hasher.hashToCurve(Uint8Array.of(1));
  const points = [P, Point.ZERO, Point.BASE, P, P.negate().add(Point.BASE)];
  const scalars = [n - 1n, 5n, 2n, 7n, n / 2n];
  const masked: bigint[] = [];
  let pauses = 0;
  const products = await multiplyEach(
    scalars.map((k) => ({
      scalar: k,
      mask(x) {
        masked.push(x);
        expect(pauses).toBe(masked.length + Number(masked.length > 1)); // the identity needs no mask
        return 2n ** 63n + (x % 2n ** 63n);
      },
    })),
    points,
    () => void pauses++,
  );
  expect(pauses).toBe(5);
  expect(masked).toEqual([P, Point.BASE, P, P.negate().add(Point.BASE)].map(({ x }) => x));
  for (const [i, product] of products.entries()) {
    const point = points[i] ?? P;
    expect(product.equals(point.is0() ? point : point.multiply(scalars[i] ?? 0n))).toBe(true);
  }
});

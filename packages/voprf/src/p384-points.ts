import { p384 } from '@noble/curves/nist.js';
import { MULTIPLES, signedDigits } from './digits.ts';
import type { P384Point } from './noble-group.ts';
import { invertAll, mod } from './scalar.ts';
import type { MaybePromise } from './voprf.ts';

const { Point } = p384;
const p = Point.Fp.ORDER;
const n = Point.Fn.ORDER;
const DIGITS = 385; // of a scalar below 2^384, and a carry
const LEADING = 2n ** 66n; // of the multiplier of n that a secret scalar is masked with
const SECRET_DIGITS = 112; // of 4 bits, below the leading one

/** X/Z², Y/Z³ (Jacobian coordinates), modulo p, of either sign; null is the identity. */
type Jacobian = Finite | null;
type Finite = { readonly X: bigint; readonly Y: bigint; readonly Z: bigint };
/** Modulo p, of either sign. */
type Affine = { readonly x: bigint; readonly y: bigint };

/**
 * The sum of scalar times point. The time depends on both, so they must be public.
 *
 * Straus's method with signed windows, in BigInt.
 */
export function sumPublic(scalars: readonly bigint[], points: readonly P384Point[]): P384Point {
  const tables = oddMultiples(points);
  const digits = scalars.map((scalar) => signedDigits(scalar, DIGITS));
  let sum: Jacobian = null;
  for (let bit = DIGITS - 1; bit >= 0; bit--) {
    sum = double(sum);
    for (let i = 0; i < tables.length; i++) {
      const digit = digits[i]?.[bit] ?? 0;
      const entry = tables[i]?.[(Math.abs(digit) - 1) >> 1];
      if (entry !== undefined) sum = add(sum, digit < 0 ? negative(entry) : entry);
    }
  }
  return toPoints([sum])[0] as P384Point;
}

/** A secret scalar, and 64 random or secret bits from the x coordinate of the point that it multiplies. */
export interface MaskedScalar {
  readonly scalar: bigint;
  readonly mask: (x: bigint) => bigint;
}

/**
 * Secret scalars, each times its point, with two inversions in all. Always the same doublings, additions and look-ups,
 * by signed windows of which none is zero. It uses the digits of scalar + m * n, which differ for each mask; m makes
 * the sum odd.
 *
 * Points that are added are equal or opposite only if the beginning of these digits, or the scalar, is 2d modulo n for
 * an odd d in -15..15: 2^-370 for random scalars. The product is right then too.
 *
 * @param pause - awaited before each product
 */
export async function multiplyEach(
  scalars: readonly MaskedScalar[],
  points: readonly P384Point[],
  pause: () => MaybePromise<void>,
): Promise<P384Point[]> {
  const products: Jacobian[] = [];
  for (const [i, table] of oddMultiples(points).entries()) {
    await pause();
    products.push(multiply(scalars[i] as MaskedScalar, table));
  }
  return toPoints(products);
}

/** A secret scalar times a point, as in `multiplyEach`. */
export function multiplySecret(scalar: MaskedScalar, point: P384Point): P384Point {
  const [table] = oddMultiples([point]) as [readonly Affine[]];
  return toPoints([multiply(scalar, table)])[0] as P384Point;
}

function multiply({ scalar, mask }: MaskedScalar, table: readonly Affine[]): Jacobian {
  const [once] = table;
  if (once === undefined) return null; // the identity
  const multiplier = LEADING + 2n * mask(once.x) + (1n - (scalar & 1n));
  let left = scalar + multiplier * n; // odd, since n is
  const digits: number[] = [];
  for (let i = 0; i < SECRET_DIGITS; i++) {
    const digit = Number(left & 31n) - 16;
    digits.push(digit);
    left = (left - BigInt(digit)) >> 4n;
  }
  const { x, y } = select(table, Number(left));
  let product: Jacobian = { X: x, Y: y, Z: 1n };
  for (let i = SECRET_DIGITS - 1; i >= 0; i--) {
    for (let doubling = 0; doubling < 4; doubling++) product = double(product);
    product = add(product, select(table, digits[i] as number));
  }
  return product;
}

/** An odd multiple of the point, -15..15, by the same look-ups for each. */
function select(table: readonly Affine[], digit: number): Affine {
  const isNegative = Number(digit < 0);
  const place = (Math.abs(digit) - 1) >> 1;
  let selected = table[0] as Affine;
  for (let i = 0; i < table.length; i++) selected = i === place ? (table[i] as Affine) : selected;
  return [selected, negative(selected)][isNegative] as Affine;
}

const negative = ({ x, y }: Affine): Affine => ({ x, y: -y });

/** P, 3P, 5P, … 15P of each point, with one inversion for all; none for the identity. */
function oddMultiples(points: readonly P384Point[]): (readonly Affine[])[] {
  const finite = points.filter((point) => !point.is0());
  const multiples = normalize(finite.flatMap(jacobianMultiples));
  return points.map((point) => (point.is0() ? [] : multiples.splice(0, MULTIPLES)));
}

/**
 * The multiples before they are normalized. No multiple below the order is the identity.
 *
 * With Z of 2P, (x Z², y Z³) is an isomorphism to a curve on which 2P is affine. Additions are the same there.
 */
function jacobianMultiples(point: P384Point): Finite[] {
  const once = { X: point.X * point.Z, Y: point.Y * ((point.Z * point.Z) % p), Z: point.Z };
  const twice = double(once) as Finite;
  const step = { x: twice.X, y: twice.Y };
  const ZZ = (twice.Z * twice.Z) % p;
  let multiple: Finite = { X: once.X * ZZ, Y: once.Y * ((ZZ * twice.Z) % p), Z: once.Z };
  const multiples: Finite[] = [once];
  while (multiples.length < MULTIPLES) {
    multiple = add(multiple, step) as Finite;
    multiples.push({ ...multiple, Z: (multiple.Z * twice.Z) % p });
  }
  return multiples;
}

function normalize(points: readonly Finite[]): Affine[] {
  const inverses = invertAll(
    points.map(({ Z }) => Z),
    p,
    (value) => Point.Fp.inv(value),
  );
  return points.map(({ X, Y }, i) => {
    const inverse = inverses[i] as bigint;
    const square = (inverse * inverse) % p;
    return { x: (X * square) % p, y: (Y * ((square * inverse) % p)) % p };
  });
}

function toPoints(points: readonly Jacobian[]): P384Point[] {
  const affine = normalize(points.filter((point) => point !== null));
  return points.map((point) => {
    const next = point && affine.shift();
    return next ? new Point(mod(next.x, p), mod(next.y, p), 1n) : Point.ZERO;
  });
}

/** dbl-2001-b for a = -3. The order is odd, so Y is never zero. */
function double(point: Jacobian): Jacobian {
  if (point === null) return null;
  const { X, Y, Z } = point;
  const delta = (Z * Z) % p;
  const gamma = (Y * Y) % p;
  const beta4 = (4n * X * gamma) % p;
  const alpha = (3n * (X - delta) * (X + delta)) % p;
  const X3 = (alpha * alpha - 2n * beta4) % p;
  const YZ = Y + Z;
  return {
    X: X3,
    Y: (alpha * (beta4 - X3) - 8n * gamma * gamma) % p,
    Z: (YZ * YZ - gamma - delta) % p,
  };
}

/** Adds an affine point. Handles equal and opposite points. */
function add(point: Jacobian, { x, y }: Affine): Jacobian {
  if (point === null) return { X: x, Y: y, Z: 1n };
  const { X, Y, Z } = point;
  const ZZ = (Z * Z) % p;
  const H = (x * ZZ - X) % p;
  const R = (((y * ZZ) % p) * Z - Y) % p;
  if (H === 0n) return R === 0n ? double(point) : null;
  const HH = (H * H) % p;
  const HHH = (HH * H) % p;
  const V = (X * HH) % p;
  const X3 = (R * R - HHH - 2n * V) % p;
  return { X: X3, Y: (R * (V - X3) - Y * HHH) % p, Z: (Z * H) % p };
}

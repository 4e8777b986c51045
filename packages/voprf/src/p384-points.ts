import { p384 } from '@noble/curves/nist.js';
import { signedDigits, WINDOW } from './digits.ts';
import type { P384Point } from './noble-group.ts';

const { Point } = p384;
const p = Point.Fp.ORDER;
const n = Point.Fn.ORDER;
const DIGITS = 385; // of a scalar below 2^384, and a carry
const LEADING = 2n ** 66n; // of the multiplier of n that a secret scalar is masked with
const SECRET_DIGITS = 112; // of 4 bits, below the leading one

/** X/Z², Y/Z³ (Jacobian coordinates), modulo p, of either sign; null is the identity. */
type Jacobian = { readonly X: bigint; readonly Y: bigint; readonly Z: bigint } | null;
/** A point with its Z² and Z³. */
type Cached = {
  readonly X: bigint;
  readonly Y: bigint;
  readonly Z: bigint;
  readonly ZZ: bigint;
  readonly ZZZ: bigint;
};

/**
 * The sum of scalar times point. The time depends on both, so they must be public.
 *
 * Straus's method with signed windows, in BigInt.
 */
export function sumPublic(scalars: readonly bigint[], points: readonly P384Point[]): P384Point {
  const tables = points.map(oddMultiples);
  const digits = scalars.map((scalar) => signedDigits(scalar, DIGITS));
  let sum: Jacobian = null;
  for (let bit = DIGITS - 1; bit >= 0; bit--) {
    sum = double(sum);
    for (const [i, table] of tables.entries()) {
      const digit = digits[i]?.[bit] ?? 0;
      const entry = table?.[(Math.abs(digit) - 1) >> 1];
      if (entry !== undefined) sum = add(sum, entry, digit < 0);
    }
  }
  return toPoint(sum);
}

function toPoint(sum: Jacobian): P384Point {
  if (sum === null) return Point.ZERO;
  const { X, Y, Z } = sum;
  return new Point(Point.Fp.create(X * Z), Point.Fp.create(Y), Point.Fp.create(Z * Z * Z));
}

/**
 * A secret scalar times a point: always the same doublings, additions and look-ups, by signed windows of which none is
 * zero. It uses the digits of scalar + m * n, which differ for each mask; m makes the sum odd.
 *
 * Points that are added are equal or opposite only if the beginning of these digits, or the scalar, is 2d modulo n for
 * an odd d in -15..15: 2^-370 for random scalars. The product is right then too.
 *
 * @param mask - 64 random or secret bits
 */
export function multiplySecret(scalar: bigint, mask: bigint, point: P384Point): P384Point {
  const table = oddMultiples(point);
  if (table === null) return Point.ZERO;
  const multiplier = LEADING + 2n * mask + (1n - (scalar & 1n));
  let left = scalar + multiplier * n; // odd, since n is
  const digits: number[] = [];
  for (let i = 0; i < SECRET_DIGITS; i++) {
    const digit = Number(left & 31n) - 16;
    digits.push(digit);
    left = (left - BigInt(digit)) >> 4n;
  }
  let product: Jacobian = select(table, Number(left));
  for (let i = SECRET_DIGITS - 1; i >= 0; i--) {
    for (let doubling = 0; doubling < 4; doubling++) product = double(product);
    product = add(product, select(table, digits[i] as number), false);
  }
  return toPoint(product);
}

/** An odd multiple of the point, -15..15, by the same look-ups for each. */
function select(table: readonly Cached[], digit: number): Cached {
  const isNegative = Number(digit < 0);
  const place = (Math.abs(digit) - 1) >> 1;
  let selected = table[0] as Cached;
  for (const [i, entry] of table.entries()) selected = i === place ? entry : selected;
  const Y = [selected.Y, -selected.Y][isNegative] as bigint;
  return { ...selected, Y };
}

/** P, 3P, 5P, … 15P; null for the identity. No multiple below the order is the identity. */
function oddMultiples(point: P384Point): Cached[] | null {
  if (point.is0()) return null;
  const { x, y } = point.toAffine();
  let multiple: Jacobian = { X: x, Y: y, Z: 1n };
  const twice = cached(double(multiple));
  const table = [cached(multiple)];
  while (table.length < 1 << (WINDOW - 2)) {
    multiple = add(multiple, twice, false);
    table.push(cached(multiple));
  }
  return table;
}

function cached(point: Jacobian): Cached {
  if (point === null) throw new TypeError('a small multiple is the identity');
  const ZZ = (point.Z * point.Z) % p;
  return { ...point, ZZ, ZZZ: (ZZ * point.Z) % p };
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

/** Adds Q, or -Q when `negative`. Handles equal and opposite points. */
function add(point: Jacobian, Q: Cached, negative: boolean): Jacobian {
  const QY = negative ? -Q.Y : Q.Y;
  if (point === null) return { X: Q.X, Y: QY, Z: Q.Z };
  const ZZ = (point.Z * point.Z) % p;
  const U = (point.X * Q.ZZ) % p;
  const S = (point.Y * Q.ZZZ) % p;
  const H = (Q.X * ZZ - U) % p;
  const R = (((QY * ZZ) % p) * point.Z - S) % p;
  if (H === 0n) return R === 0n ? double(point) : null;
  const HH = (H * H) % p;
  const HHH = (HH * H) % p;
  const V = (U * HH) % p;
  const X3 = (R * R - HHH - 2n * V) % p;
  return { X: X3, Y: (R * (V - X3) - S * HHH) % p, Z: (((point.Z * Q.Z) % p) * H) % p };
}

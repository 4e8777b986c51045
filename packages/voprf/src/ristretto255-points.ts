import { ed25519, ristretto255 } from '@noble/curves/ed25519.js';
import { MULTIPLES, signedDigits } from './digits.ts';
import type { RistrettoPoint } from './noble-group.ts';

const { Fp } = ristretto255.Point;
const p = Fp.ORDER; // 2^255 - 19
const d2 = (2n * 37095705934669439343138083508754565189542113879843219016388785533085940283555n) % p;
const n = ristretto255.Point.Fn.ORDER;
const DIGITS = 257; // of a scalar below 2^255, and a carry
const NIBBLES = 80; // of a secret scalar below 2^253 and a mask of 64 bits times n

/** x = X/Z, y = Y/Z, xy = T/Z; each modulo p, of either sign. */
export interface ExtendedPoint {
  readonly X: bigint;
  readonly Y: bigint;
  readonly Z: bigint;
  readonly T: bigint;
}
/** The second operand of an addition. */
interface Cached {
  readonly sum: bigint; // Y + X
  readonly difference: bigint; // Y - X
  readonly twoZ: bigint;
  readonly twoDT: bigint;
}

const IDENTITY: ExtendedPoint = { X: 0n, Y: 1n, Z: 1n, T: 0n };

/**
 * The sum of scalar times point over edwards25519. The time depends on both, so they must be public.
 *
 * Straus's method with signed windows, in BigInt: half the time of noble's, whose field reduces every sum.
 */
export function sumPublic(scalars: readonly bigint[], points: readonly RistrettoPoint[]): RistrettoPoint {
  const tables = points.map(oddMultiples);
  const digits = scalars.map((scalar) => signedDigits(scalar, DIGITS));
  let sum = IDENTITY;
  for (let bit = DIGITS - 1; bit >= 0; bit--) {
    sum = double(sum);
    for (let i = 0; i < tables.length; i++) {
      const digit = digits[i]?.[bit] ?? 0;
      if (digit !== 0) sum = add(sum, tables[i]?.[(Math.abs(digit) - 1) >> 1] as Cached, digit < 0);
    }
  }
  return toPoint(sum);
}

/**
 * A secret scalar times a point: always the same doublings, additions and look-ups. It uses the digits of
 * scalar + mask * n, which differ for each mask.
 *
 * n * P need not be the identity of edwards25519, but it is the identity of ristretto255.
 *
 * @param mask - 64 random or secret bits
 */
export function multiplySecret(scalar: bigint, mask: bigint, point: RistrettoPoint): RistrettoPoint {
  const once = extended(point);
  const step = cached(once);
  const table = [cached(IDENTITY), step];
  for (let multiple = once; table.length < 16; table.push(cached(multiple)))
    multiple = add(multiple, step, false);
  const nibbles = (scalar + mask * n).toString(16).padStart(NIBBLES, '0');
  let product = IDENTITY;
  for (let i = 0; i < NIBBLES; i++) {
    const nibble = Number.parseInt(nibbles.charAt(i), 16);
    for (let doubling = 0; doubling < 4; doubling++) product = double(product);
    let selected = step;
    for (const [value, entry] of table.entries()) selected = value === nibble ? entry : selected;
    product = add(product, selected, false);
  }
  return toPoint(product);
}

/** A point in extended coordinates, as noble stores it. Its `toAffine` would cost an inversion. */
export function extended(point: RistrettoPoint): ExtendedPoint {
  const { X, Y, Z, T } = point['ep'];
  return { X, Y, Z, T };
}

export function toPoint({ X, Y, Z, T }: ExtendedPoint): RistrettoPoint {
  const reduced = new ed25519.Point(Fp.create(X), Fp.create(Y), Fp.create(Z), Fp.create(T));
  return new ristretto255.Point(reduced);
}

/** P, 3P, 5P, … 15P. */
function oddMultiples(point: RistrettoPoint): Cached[] {
  let multiple = extended(point);
  const twice = cached(double(multiple));
  const table = [cached(multiple)];
  while (table.length < MULTIPLES) {
    multiple = add(multiple, twice, false);
    table.push(cached(multiple));
  }
  return table;
}

function cached({ X, Y, Z, T }: ExtendedPoint): Cached {
  return { sum: Y + X, difference: Y - X, twoZ: 2n * Z, twoDT: (T * d2) % p };
}

/** dbl-2008-hwcd for a = -1 (Hisil, Wong, Carter, Dawson). */
export function double({ X, Y, Z }: ExtendedPoint): ExtendedPoint {
  const A = (X * X) % p;
  const B = (Y * Y) % p;
  const S = X + Y;
  const E = (S * S - A - B) % p;
  const G = B - A;
  const F = (G - 2n * Z * Z) % p;
  const H = -A - B;
  return { X: (E * F) % p, Y: (G * H) % p, Z: (F * G) % p, T: (E * H) % p };
}

/** add-2008-hwcd-3, complete on this curve; of -Q when `negative`. */
function add(P: ExtendedPoint, Q: Cached, negative: boolean): ExtendedPoint {
  const A = ((P.Y - P.X) * (negative ? Q.sum : Q.difference)) % p;
  const B = ((P.Y + P.X) * (negative ? Q.difference : Q.sum)) % p;
  const C = ((negative ? -P.T : P.T) * Q.twoDT) % p;
  const D = (P.Z * Q.twoZ) % p;
  const E = B - A;
  const F = D - C;
  const G = D + C;
  const H = B + A;
  return { X: (E * F) % p, Y: (G * H) % p, Z: (F * G) % p, T: (E * H) % p };
}

import { ristretto255 } from '@noble/curves/ed25519.js';
import { signedDigits, WINDOW } from './digits.ts';
import type { RistrettoPoint } from './noble-group.ts';

const { Fp } = ristretto255.Point;
const p = Fp.ORDER; // 2^255 - 19
const d2 = (2n * 37095705934669439343138083508754565189542113879843219016388785533085940283555n) % p;
const n = ristretto255.Point.Fn.ORDER;
const DIGITS = 257; // of a scalar below 2^255, and a carry
const NIBBLES = 80; // of a secret scalar below 2^253 and a mask of 64 bits times n

/** X, Y, Z, T with x = X/Z, y = Y/Z, xy = T/Z; each modulo p, of either sign. */
export type ExtendedPoint = readonly [X: bigint, Y: bigint, Z: bigint, T: bigint];
/** Y + X, Y - X, 2Z, 2dT: the second operand of an addition. */
type Cached = readonly [sum: bigint, difference: bigint, twoZ: bigint, twoDT: bigint];

const IDENTITY: ExtendedPoint = [0n, 1n, 1n, 0n];

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
    for (const [i, table] of tables.entries()) {
      const digit = digits[i]?.[bit] ?? 0;
      if (digit !== 0) sum = add(sum, table[(Math.abs(digit) - 1) >> 1] as Cached, digit < 0);
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

/** A point in extended coordinates. */
export function extended(point: RistrettoPoint): ExtendedPoint {
  const { x, y } = point.toAffine();
  return [x, y, 1n, (x * y) % p];
}

function toPoint([X, Y, Z]: ExtendedPoint): RistrettoPoint {
  const inverse = Fp.inv(Fp.create(Z));
  return ristretto255.Point.fromAffine({ x: Fp.create(X * inverse), y: Fp.create(Y * inverse) });
}

/** P, 3P, 5P, … 15P. */
function oddMultiples(point: RistrettoPoint): Cached[] {
  let multiple = extended(point);
  const twice = cached(double(multiple));
  const table = [cached(multiple)];
  while (table.length < 1 << (WINDOW - 2)) {
    multiple = add(multiple, twice, false);
    table.push(cached(multiple));
  }
  return table;
}

function cached([X, Y, Z, T]: ExtendedPoint): Cached {
  return [Y + X, Y - X, 2n * Z, (T * d2) % p];
}

/** dbl-2008-hwcd for a = -1 (Hisil, Wong, Carter, Dawson). */
export function double([X, Y, Z]: ExtendedPoint): ExtendedPoint {
  const A = (X * X) % p;
  const B = (Y * Y) % p;
  const S = X + Y;
  const E = (S * S - A - B) % p;
  const G = B - A;
  const F = (G - 2n * Z * Z) % p;
  const H = -A - B;
  return [(E * F) % p, (G * H) % p, (F * G) % p, (E * H) % p];
}

/** add-2008-hwcd-3, complete on this curve; of -Q when `negative`. */
function add(
  [X, Y, Z, T]: ExtendedPoint,
  [sum, difference, twoZ, twoDT]: Cached,
  negative: boolean,
): ExtendedPoint {
  const A = ((Y - X) * (negative ? sum : difference)) % p;
  const B = ((Y + X) * (negative ? difference : sum)) % p;
  const C = ((negative ? -T : T) * twoDT) % p;
  const D = (Z * twoZ) % p;
  const [E, F, G, H] = [B - A, D - C, D + C, B + A];
  return [(E * F) % p, (G * H) % p, (F * G) % p, (E * H) % p];
}

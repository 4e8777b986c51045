import { hash_to_field } from '@noble/curves/abstract/hash-to-curve.js';
import { p384 } from '@noble/curves/nist.js';
import { sha384 } from '@noble/hashes/sha2.js';
import type { P384Point } from './noble-group.ts';

const { Point } = p384;
const { Fp } = Point;
const p = Fp.ORDER; // 2^384 - 2^128 - 2^96 + 2^32 - 1
const { a: A, b: B } = Point.CURVE();
const Z = p - 12n; // RFC 9380 §8.3
const C2 = Fp.sqrt(12n); // the root of -Z
const FIELD = { p, m: 1, k: 192, expand: 'xmd', hash: sha384 } as const;

/**
 * hash_to_curve of P384_XMD:SHA-384_SSWU_RO_ (RFC 9380 §8.3) with any tag. noble's takes twice the time, because it
 * inverts in both maps and has no addition chain for the exponent.
 */
export function hashToP384(message: Uint8Array, DST: Uint8Array): P384Point {
  const [[u0 = 0n] = [], [u1 = 0n] = []] = hash_to_field(message, 2, { ...FIELD, DST });
  return mapToCurve(u0).add(mapToCurve(u1)); // the cofactor is 1
}

/** map_to_curve_simple_swu, straight-line (RFC 9380 Appendix F.2), with x left as a fraction. */
function mapToCurve(u: bigint): P384Point {
  const t1 = (Z * ((u * u) % p)) % p;
  const t2 = (t1 * t1 + t1) % p;
  const x1 = (B * (t2 + 1n)) % p;
  const denominator = (A * (t2 === 0n ? Z : p - t2)) % p;
  const d2 = (denominator * denominator) % p;
  const d3 = (d2 * denominator) % p;
  const gx1 = (((x1 * x1 + A * d2) % p) * x1 + B * d3) % p; // over d3
  const { square, root } = sqrtRatio(gx1, d3);
  const x = square ? x1 : (t1 * x1) % p;
  const y = square ? root : (((t1 * u) % p) * root) % p;
  const signed = (u & 1n) === (y & 1n) ? y : (p - y) % p;
  return new Point(x, (signed * denominator) % p, denominator);
}

/** sqrt_ratio for q = 3 mod 4 (RFC 9380 Appendix F.2.1.2): the root of u/v, or of Z * u/v where u/v is no square. */
function sqrtRatio(u: bigint, v: bigint): { readonly square: boolean; readonly root: bigint } {
  const uv = (u * v) % p;
  const root = (power((((v * v) % p) * uv) % p) * uv) % p;
  const square = (((root * root) % p) * v) % p === u;
  return { square, root: square ? root : (root * C2) % p };
}

/** x^((p - 3) / 4): in binary 255 ones, a zero, 32 ones, 64 zeros, 30 ones. */
export function power(x: bigint): bigint {
  const x2 = squareMultiply(x, 1, x);
  const x3 = squareMultiply(x2, 1, x);
  const x6 = squareMultiply(x3, 3, x3);
  const x12 = squareMultiply(x6, 6, x6);
  const x15 = squareMultiply(x12, 3, x3);
  const x30 = squareMultiply(x15, 15, x15);
  const x60 = squareMultiply(x30, 30, x30);
  const x120 = squareMultiply(x60, 60, x60);
  const x240 = squareMultiply(x120, 120, x120);
  const x255 = squareMultiply(x240, 15, x15);
  const x32 = squareMultiply(x30, 2, x2);
  return squareMultiply(squareMultiply(x255, 33, x32), 94, x30);
}

/** x^(2^squarings) * y */
function squareMultiply(x: bigint, squarings: number, y: bigint): bigint {
  let raised = x;
  for (let i = 0; i < squarings; i++) raised = (raised * raised) % p;
  return (raised * y) % p;
}

import { p384 } from '@noble/curves/nist.js';
import type { Bytes } from '@sotto/wire';
import type { P384Point } from './noble-group.ts';
import { power } from './p384-hash.ts';
import { scalarFromBytes } from './scalar.ts';

const { Point } = p384;
const { a: A, b: B } = Point.CURVE();
const p = Point.Fp.ORDER; // 3 modulo 4

/**
 * The point of a compressed encoding (SEC 1 §2.3.4), 49 bytes, or null. No encoding of this length is the identity.
 * noble's takes longer, because it has no addition chain for the exponent.
 */
export function decodeP384(bytes: Bytes): P384Point | null {
  const [prefix = 0] = bytes;
  if (bytes.length !== 49 || (prefix !== 2 && prefix !== 3)) return null;
  const x = scalarFromBytes({ littleEndian: false }, bytes.subarray(1));
  if (x >= p) return null;
  const square = (((((x * x + A) % p) * x) % p) + B) % p;
  const y = (power(square) * square) % p;
  if ((y * y) % p !== square) return null;
  return new Point(x, Number(y & 1n) === prefix - 2 ? y : p - y, 1n);
}

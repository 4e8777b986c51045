import { ed25519 } from '@noble/curves/ed25519.js';
import type { RistrettoPoint } from './noble-group.ts';
import { toPoint, type ExtendedPoint } from './ristretto255-points.ts';
import { invertAll, mod, scalarToBytes } from './scalar.ts';
import type { EncodedElement } from './suite.ts';

const { Fp } = ed25519.Point;
const p = Fp.ORDER; // 2^255 - 19
const ROOT = Fp.sqrt(p - 1n); // of -1
const MAGIC = Fp.sqrt(Fp.inv(p - 1n - ed25519.Point.CURVE().d)); // 1 / sqrt(a - d)
const ELEMENT = { Ns: 32, littleEndian: true };

const bit = (value: bigint): number => Number(mod(value, p) & 1n); // 1 when negative (RFC 9496 §3.1)

/**
 * 2P for each P, which has no small order. One inversion encodes them all: only the encoding of a point that is not
 * known as a double takes an inverse square root (RFC 9496 §4.3.2).
 *
 * The formulas of `double_and_compress_batch` in curve25519-dalek. 2P = (e/f, g/h).
 */
export function doubleAndEncode(points: readonly ExtendedPoint[]): EncodedElement<RistrettoPoint>[] {
  const doubles = points.map(({ X, Y, Z }) => {
    const e = (2n * X * Y) % p;
    const f = (Y * Y - X * X) % p;
    const g = (Y * Y + X * X) % p;
    const h = (2n * Z * Z - f) % p;
    return { e, f, g, h, Z: (f * h) % p, T: (e * g) % p };
  });
  const inverses = invertAll(
    doubles.map(({ Z, T }) => (Z * T) % p),
    p,
    (value) => Fp.inv(value),
  );
  return doubles.map(({ e, f, g, h, Z, T }, i) => {
    const inverse = inverses[i] as bigint;
    const overZ = (T * inverse) % p;
    const rotated = bit(T * overZ);
    const E = [e, g][rotated] as bigint;
    const G = [g, -e][rotated] as bigint;
    const H = [h, (f * ROOT) % p][rotated] as bigint;
    const magic = [MAGIC, ROOT][rotated] as bigint;
    const signed = [G, -G][bit(((H * E) % p) * overZ)] as bigint;
    const s = mod((H - signed) * ((((magic * signed) % p) * ((Z * inverse) % p)) % p), p);
    const bytes = scalarToBytes(ELEMENT, [s, p - s][bit(s)] as bigint);
    return { bytes, element: toPoint({ X: e * h, Y: f * g, Z, T }) };
  });
}

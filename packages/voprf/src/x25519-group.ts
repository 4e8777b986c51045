import { ed25519, ristretto255 } from '@noble/curves/ed25519.js';
import type { Bytes } from '@sotto/wire';
import type { Group, Secret } from './group.ts';
import { ristretto255Group, type RistrettoPoint } from './noble-group.ts';
import { double, extended } from './ristretto255-points.ts';
import { mod, scalarFromBytes, scalarToBytes } from './scalar.ts';
import type { MaybePromise } from './voprf.ts';

const { Point } = ristretto255;
const { Fp } = Point;
const p = Fp.ORDER; // 2^255 - 19
const n = Point.Fn.ORDER;
const A = 486662n; // v^2 = u^3 + A u^2 + u (RFC 7748 §4.1)
const ROOT = Fp.sqrt(p - A - 2n); // (u, v) = ((1 + y) / (1 - y), ROOT * u / x)
const EIGHTH = Point.Fn.inv(8n);
const SCALAR = { n, Ns: 32, littleEndian: true };

/** X25519 in a platform's implementation: u coordinates of 32 bytes, little-endian. */
export interface X25519 {
  /** A private key that is clamped already (RFC 7748 §5). Null when the platform has no X25519. */
  load(scalar: Bytes): MaybePromise<{ derive(u: Bytes): MaybePromise<Bytes> } | null>;
}

/**
 * ristretto255 whose secret scalars multiply elements in X25519, which is constant-time. Multiples of the generator and
 * public arithmetic are noble's, and everything is where the platform has no X25519.
 */
export function x25519Group(x25519: X25519): Group<RistrettoPoint> {
  const noble = ristretto255Group();
  return { ...noble, load: (scalar) => loadSecret(x25519, noble, scalar) };
}

/**
 * Multiplies by k with X25519, which returns u coordinates only.
 *
 * P' = 8P is in the prime-order subgroup of edwards25519, whichever point represents the element P. For Q = (k / 8) P':
 * u(Q) and u(Q + P') come from X25519 with the private keys k / 8 and k / 8 + 1. Solving the addition law for v gives
 * v(Q). Both results are checked by the curve equation.
 */
async function loadSecret(
  x25519: X25519,
  noble: Group<RistrettoPoint>,
  scalar: Bytes,
): Promise<Secret<RistrettoPoint>> {
  const k = mod(scalarFromBytes(SCALAR, scalar) * EIGHTH, n);
  const [first, second] = [clamped(k), clamped(k + 1n)];
  const keys = first && second && (await Promise.all([x25519.load(first), x25519.load(second)]));
  const [key, next] = keys ?? [];
  const inNoble = noble.load(scalar) as Secret<RistrettoPoint>;
  if (!key || !next) return inNoble;
  return {
    publicElement: () => inNoble.publicElement(),
    async multiply(P) {
      const { u, v } = eightfold(P);
      const encoded = scalarToBytes(SCALAR, u);
      const products = await Promise.all([key.derive(encoded), next.derive(encoded)]);
      const [uQ = 0n, uSum = 0n] = products.map((product) => scalarFromBytes(SCALAR, product));
      return solve(uQ, uSum, u, v);
    },
  };
}

/**
 * The private key with which X25519 multiplies points of prime order by k or -k, which have the same u: 8m with m in
 * 2^251..2^252-1 (RFC 7748 §5). Null with a probability of 2^-126.
 */
function clamped(k: bigint): Bytes | null {
  const eighth = mod(k * EIGHTH, n);
  const m = [n - eighth, eighth][Number(eighth >> 251n) & 1] as bigint;
  return m >> 251n === 1n ? scalarToBytes(SCALAR, 8n * m) : null;
}

/** u and v of 8P. */
function eightfold(P: RistrettoPoint): { readonly u: bigint; readonly v: bigint } {
  const { X, Y, Z } = double(double(double(extended(P))));
  const inverse = Fp.inv(mod((Z - Y) * X, p));
  const sum = ((Z + Y) * inverse) % p;
  return { u: mod(sum * X, p), v: mod(((ROOT * sum) % p) * Z, p) };
}

/** Q, from u(Q), u(Q + R), and u and v of R. */
function solve(uQ: bigint, uSum: bigint, uR: bigint, vR: bigint): RistrettoPoint {
  const v2 = ((((uQ + A) * uQ + 1n) % p) * uQ) % p; // of Q
  const difference = uQ - uR;
  const slope2 = ((uSum + A + uQ + uR) * ((difference * difference) % p)) % p;
  const product = mod(v2 + vR * vR - slope2, p); // 2 * v(Q) * v(R)
  const twice = 2n * vR;
  if ((product * product) % p !== (((twice * twice) % p) * v2) % p) {
    throw new TypeError('the two results of X25519 are inconsistent');
  }
  // x = ROOT * u / v and y = (u - 1) / (u + 1)
  const X = (((ROOT * uQ) % p) * twice) % p;
  return new Point(
    new ed25519.Point(
      (X * (uQ + 1n)) % p,
      mod((uQ - 1n) * product, p),
      ((uQ + 1n) * product) % p,
      mod(X * (uQ - 1n), p),
    ),
  );
}

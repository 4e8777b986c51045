import { ristretto255 } from '@noble/curves/ed25519.js';
import type { Bytes } from '@sotto/wire';
import type { Group, Secret } from './group.ts';
import { ristretto255Group, type RistrettoPoint } from './noble-group.ts';
import { doubleAndEncode } from './ristretto255-encode.ts';
import { double, extended, toPoint, type ExtendedPoint } from './ristretto255-points.ts';
import { invertAll, mod, scalarFromBytes, scalarToBytes } from './scalar.ts';
import type { MaybePromise } from './voprf.ts';

const { Point } = ristretto255;
const { Fp } = Point;
const p = Fp.ORDER; // 2^255 - 19
const n = Point.Fn.ORDER;
const A = 486662n; // v^2 = u^3 + A u^2 + u (RFC 7748 §4.1)
const ROOT = Fp.sqrt(p - A - 2n); // (u, v) = ((1 + y) / (1 - y), ROOT * u / x)
const EIGHTH = Point.Fn.inv(8n);
const HALF = 4n * EIGHTH;
const SCALAR = { n, Ns: 32, littleEndian: true };

/** X25519 in a platform's implementation: u coordinates of 32 bytes, little-endian. */
export interface X25519 {
  /** Private keys that are clamped already (RFC 7748 §5). Null when the platform has no X25519. */
  load(scalars: readonly Bytes[]): MaybePromise<{ derive(u: Bytes): MaybePromise<Bytes[]> } | null>;
}

/**
 * ristretto255 whose secret scalars multiply elements in X25519, which is constant-time. Multiples of the generator and
 * public arithmetic are noble's, and everything is where the platform has no X25519.
 */
export function x25519Group(x25519: X25519): Group<RistrettoPoint> {
  const noble = ristretto255Group();
  return {
    ...noble,
    async load(scalar): Promise<Secret<RistrettoPoint>> {
      const multiply = await loadSecret(x25519, noble, scalarFromBytes(SCALAR, scalar));
      return {
        publicElement: () => (noble.load(scalar) as Secret<RistrettoPoint>).publicElement(),
        multiply: async (P) => toPoint(await multiply(...(eightfold([P]) as [Eightfold]))),
      };
    },
    async multiplyEach(scalars, elements, pause) {
      const points = eightfold(elements);
      const halves: ExtendedPoint[] = [];
      for (const [i, scalar] of scalars.entries()) {
        await pause();
        const half = mod(scalarFromBytes(SCALAR, scalar) * HALF, n);
        const multiply = await loadSecret(x25519, noble, half);
        halves.push(await multiply(points[i] as Eightfold));
      }
      return doubleAndEncode(halves);
    },
  };
}

/** An element, with u and v of 8P. */
interface Eightfold {
  readonly P: RistrettoPoint;
  readonly u: bigint;
  readonly v: bigint;
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
  k: bigint,
): Promise<(point: Eightfold) => Promise<ExtendedPoint>> {
  const eighth = mod(k * EIGHTH, n);
  const [first, second] = [clamped(eighth), clamped(eighth + 1n)];
  const keys = first && second && (await x25519.load([first, second]));
  if (!keys) {
    const secret = await noble.load(scalarToBytes(SCALAR, k));
    return async ({ P }) => extended(await secret.multiply(P));
  }
  return async ({ u, v }) => {
    const products = await keys.derive(scalarToBytes(SCALAR, u));
    const [uQ = 0n, uSum = 0n] = products.map((product) => scalarFromBytes(SCALAR, product));
    return solve(uQ, uSum, u, v);
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

function eightfold(elements: readonly RistrettoPoint[]): Eightfold[] {
  const points = elements.map((P) => double(double(double(extended(P)))));
  const inverses = invertAll(
    points.map(({ X, Y, Z }) => ((Z - Y) * X) % p),
    p,
    (value) => Fp.inv(value),
  );
  return points.map(({ X, Y, Z }, i) => {
    const sum = ((Z + Y) * (inverses[i] as bigint)) % p;
    return { P: elements[i] as RistrettoPoint, u: mod(sum * X, p), v: mod(((ROOT * sum) % p) * Z, p) };
  });
}

/** Q, from u(Q), u(Q + R), and u and v of R. */
function solve(uQ: bigint, uSum: bigint, uR: bigint, vR: bigint): ExtendedPoint {
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
  return {
    X: (X * (uQ + 1n)) % p,
    Y: ((uQ - 1n) * product) % p,
    Z: ((uQ + 1n) * product) % p,
    T: (X * (uQ - 1n)) % p,
  };
}

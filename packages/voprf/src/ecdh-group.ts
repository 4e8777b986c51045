import { normalizeZ } from '@noble/curves/abstract/curve.js';
import { p384 } from '@noble/curves/nist.js';
import { bytesToNumberBE, numberToBytesBE } from '@noble/curves/utils.js';
import type { Bytes } from '@sotto/wire';
import type { Group, Secret } from './group.ts';
import { p384Group, type P384Point } from './noble-group.ts';
import type { MaybePromise } from './voprf.ts';

const { Point } = p384;
const { Fp, BASE } = Point;
const { a, b } = Point.CURVE();

/** Affine coordinates, 48 bytes each, big-endian. */
export interface Coordinates {
  readonly x: Bytes;
  readonly y: Bytes;
}

/** ECDH over P-384 in a platform's implementation. A private key is a secret scalar in 1..n-1. */
export interface Ecdh {
  load(scalar: Bytes): MaybePromise<{
    readonly publicKey: Coordinates;
    /** The x coordinate of the scalar times the point: 48 bytes. */
    derive(point: Coordinates): MaybePromise<Bytes>;
  }>;
}

/** The generator without noble's precomputed tables, which would slow a cold start. */
const GENERATOR = Point.fromAffine(BASE.toAffine());

/** P-384 whose long-lived secrets are used by ECDH only. Public arithmetic and `blind` are noble's. */
export function ecdhGroup(ecdh: Ecdh): Group<P384Point> {
  return {
    ...p384Group(),
    generator: GENERATOR,
    load: (scalar) => loadSecret(ecdh, scalar),
  };
}

/**
 * Multiplies by k with ECDH, which returns x coordinates only.
 *
 * For Q = kP and K = kG: x = x(Q) = ECDH(k, P) and x' = x(Q + K) = ECDH(k, P + G). Solving the addition law for y gives
 * y(Q). Both results are checked by the curve equation, which y(Q) must satisfy.
 */
async function loadSecret(ecdh: Ecdh, scalar: Bytes): Promise<Secret<P384Point>> {
  const key = await ecdh.load(scalar);
  const K = { x: bytesToNumberBE(key.publicKey.x), y: bytesToNumberBE(key.publicKey.y) };
  const publicPoint = Point.fromAffine(K);
  publicPoint.assertValidity();
  const halfOverYK = Fp.inv(Fp.add(K.y, K.y));
  const derive = async (point: P384Point) => bytesToNumberBE(await key.derive(coordinates(point)));

  return {
    publicElement: () => publicPoint,
    async multiply(P) {
      if (P.equals(GENERATOR.negate())) return publicPoint.negate(); // P + G has no x coordinate
      const affine = normalizeZ(Point, [P, P.add(GENERATOR)]); // at the cost of one inversion
      const [xQ = 0n, xSum = 0n] = await Promise.all(affine.map(derive));
      const y2 = Fp.add(Fp.mul(Fp.add(Fp.sqr(xQ), a), xQ), b);
      const slope2 = Fp.mul(Fp.add(Fp.add(xSum, xQ), K.x), Fp.sqr(Fp.sub(xQ, K.x)));
      const yQ = Fp.mul(Fp.sub(Fp.add(y2, Fp.sqr(K.y)), slope2), halfOverYK);
      if (Fp.sqr(yQ) !== y2) throw new TypeError('the two results of ECDH are inconsistent');
      return Point.fromAffine({ x: xQ, y: yQ });
    },
  };
}

function coordinates(point: P384Point): Coordinates {
  const { x, y } = point.toAffine();
  return { x: numberToBytesBE(x, Fp.BYTES), y: numberToBytesBE(y, Fp.BYTES) };
}

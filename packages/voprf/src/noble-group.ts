import { invertCt } from '@noble/curves/abstract/modular.js';
import type { CurvePoint, CurvePointCons } from '@noble/curves/abstract/curve.js';
import { ristretto255, ristretto255_hasher } from '@noble/curves/ed25519.js';
import { p384, p384_hasher } from '@noble/curves/nist.js';
import { sha384, sha512 } from '@noble/hashes/sha2.js';
import { hex, utf8, type Bytes } from '@sotto/wire';
import type { Group, Secret } from './group.ts';
import { decodeP384 } from './p384-decode.ts';
import { hashToP384 } from './p384-hash.ts';
import * as p384Points from './p384-points.ts';
import * as ristretto255Points from './ristretto255-points.ts';
import {
  belowOrder,
  invertAll,
  mod,
  respond,
  scalarFromBytes,
  scalarToBytes,
  type ScalarField,
} from './scalar.ts';
import { VOPRF_SIZES, type VoprfSuiteId } from './voprf.ts';

type HashToCurve<P> = (message: Uint8Array, options: { DST: Uint8Array }) => P;
type HashToScalar = (message: Uint8Array, options: { DST: Uint8Array }) => bigint;

interface Parts<P extends CurvePoint<any, P>> {
  readonly suite: VoprfSuiteId;
  readonly Point: CurvePointCons<P>;
  readonly hashToCurve: HashToCurve<P>;
  readonly hashToScalar: HashToScalar;
  readonly hash: (message: Uint8Array) => Uint8Array;
  readonly littleEndian: boolean;
  /** A secret scalar times an element. */
  readonly multiply: (scalar: bigint, element: P) => P;
  /** The sum of scalar times element, all of them public. */
  readonly sum: (scalars: readonly bigint[], elements: readonly P[]) => P;
}

/** A group from noble's points: BigInt arithmetic without any dependence on the platform. */
export function nobleGroup<P extends CurvePoint<any, P>>(parts: Parts<P>): Group<P> {
  const { suite, Point, littleEndian } = parts;
  const { Ne, Ns } = VOPRF_SIZES[suite];
  const n = Point.Fn.ORDER;
  const field: ScalarField = { n, Ns, littleEndian };
  const order = scalarToBytes({ Ns, littleEndian: true }, n);
  const number = (scalar: Uint8Array) => scalarFromBytes(field, scalar);
  const hash = (message: Bytes) => parts.hash(message) as Bytes;

  return {
    suite,
    generator: Point.BASE,
    hash,
    hashToGroup(message, DST) {
      const element = parts.hashToCurve(message, { DST });
      return element.is0() ? null : element;
    },
    hashToScalar: (message, DST) => scalarToBytes(field, parts.hashToScalar(message, { DST })),
    serialize: (element) => element.toBytes() as Bytes,
    deserialize(bytes) {
      if (bytes.length !== Ne) return null;
      try {
        const element = Point.fromBytes(bytes);
        return element.is0() ? null : element;
      } catch {
        return null;
      }
    },
    isScalar: (bytes) => belowOrder(littleEndian ? bytes : bytes.toReversed(), order),
    reduce: (wide) => scalarToBytes(field, mod(number(wide), n)),
    respond: (r, c, k) => respond(field, hash, r, c, k),
    invert(scalars) {
      const inverses = invertAll(scalars.map(number), n, (value) => invertCt(value, n));
      return inverses.map((inverse) => scalarToBytes(field, inverse));
    },
    load(scalar): Secret<P> {
      const k = number(scalar);
      return {
        publicElement: () => Point.BASE.multiply(k),
        multiply: (element) => parts.multiply(k, element),
      };
    },
    combine(scalars, elements) {
      const sum = parts.sum(scalars.map(number), elements);
      return sum.is0() ? null : sum;
    },
  };
}

export type RistrettoPoint = typeof ristretto255.Point.BASE;
export type P384Point = typeof p384.Point.BASE;

/** A 64-bit mask that only the holder of the scalar knows, different for each x coordinate. */
function mask(scalar: bigint, x: bigint): bigint {
  return BigInt(`0x${hex(sha512(utf8(`Sotto mask ${scalar} ${x}`)).subarray(0, 8))}`);
}

export const ristretto255Group = (): Group<RistrettoPoint> =>
  nobleGroup<RistrettoPoint>({
    suite: 'ristretto255-SHA512',
    Point: ristretto255.Point,
    hashToCurve: (message, options) => ristretto255_hasher.hashToCurve(message, options),
    hashToScalar: (message, options) => ristretto255_hasher.hashToScalar(message, options),
    hash: sha512,
    littleEndian: true,
    multiply: (scalar, element) =>
      ristretto255Points.multiplySecret(scalar, mask(scalar, element.x), element),
    sum: ristretto255Points.sumPublic,
  });

const masked = (scalar: bigint): p384Points.MaskedScalar => ({ scalar, mask: (x) => mask(scalar, x) });

export const p384Group = (): Group<P384Point> => ({
  ...nobleGroup<P384Point>({
    suite: 'P384-SHA384',
    Point: p384.Point,
    hashToCurve: (message, { DST }) => hashToP384(message, DST),
    hashToScalar: (message, options) => p384_hasher.hashToScalar(message, options),
    hash: sha384,
    littleEndian: false,
    multiply: (scalar, element) => p384Points.multiplySecret(masked(scalar), element),
    sum: p384Points.sumPublic,
  }),
  deserialize: decodeP384,
});

/** P-384 for clients, which multiply many elements by a secret each. */
export function p384ClientGroup(): Group<P384Point> {
  const group = p384Group();
  return {
    ...group,
    async multiplyEach(scalars, elements, pause) {
      const numbers = scalars.map((scalar) => masked(scalarFromBytes({ littleEndian: false }, scalar)));
      const products = await p384Points.multiplyEach(numbers, elements, pause);
      return products.map((element) => ({ bytes: group.serialize(element), element }));
    },
  };
}

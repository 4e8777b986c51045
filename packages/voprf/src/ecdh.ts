import { p384 } from '@noble/curves/nist.js';
import { bytesToNumberBE, numberToBytesBE } from '@noble/curves/utils.js';
import { concat, fromBase64url, fromHex, type Bytes } from '@sotto/wire';
import type { Group, Secret } from './group.ts';
import { p384Group, type P384Point } from './noble-group.ts';
import { createVoprf } from './protocol.ts';
import type { Voprf } from './voprf.ts';

/** What we use of WebCrypto's SubtleCrypto. */
export type EcdhSubtle = Pick<SubtleCrypto, 'importKey' | 'exportKey' | 'deriveBits'>;

const { Point } = p384;
const { Fp, BASE } = Point;
const COORDINATE = 48; // bytes
const CURVE = { name: 'ECDH', namedCurve: 'P-384' };
const UNCOMPRESSED = Uint8Array.of(4);
/** PrivateKeyInfo (RFC 5208) around an ECPrivateKey (RFC 5915) that names P-384 and leaves out its public key. */
const PKCS8_PREFIX = fromHex('304e020100301006072a8648ce3d020106052b81040022043730350201010430');
/** The generator without the tables that noble keeps for its own: they cost a cold start more than they save it. */
const GENERATOR = Point.fromAffine(BASE.toAffine());

/**
 * P384-SHA384 whose secret keys are touched by the platform's ECDH, which is constant in time; public
 * arithmetic, and `blind`, are noble's. A key is loaded once: hand in the same `secretKey` array each time.
 */
export function ecdhVoprf(subtle: EcdhSubtle): Voprf {
  return createVoprf(ecdhGroup(subtle));
}

function ecdhGroup(subtle: EcdhSubtle): Group<P384Point> {
  return {
    ...p384Group(),
    generator: GENERATOR,
    publicOf: (scalar) => GENERATOR.multiply(bytesToNumberBE(scalar)),
    load: (scalar) => loadSecret(subtle, scalar),
  };
}

/**
 * Multiplies by k knowing only the x coordinates that ECDH gives.
 *
 * For Q = kP, with K = kG: x = x(Q) = ECDH(k, P) and x' = x(Q + K) = ECDH(k, P + G), and the addition law, read
 * backwards, gives y(Q). That y satisfies the curve's equation checks both answers.
 */
async function loadSecret(subtle: EcdhSubtle, scalar: Bytes): Promise<Secret<P384Point>> {
  const pkcs8 = concat(PKCS8_PREFIX, scalar);
  const shown = await subtle.importKey('pkcs8', pkcs8, CURVE, true, ['deriveBits']);
  const { x = '', y = '' } = (await subtle.exportKey('jwk', shown)) as JsonWebKey;
  // What is kept for the key's life cannot be exported.
  const key = await subtle.importKey('pkcs8', pkcs8, CURVE, false, ['deriveBits']);
  const K = { x: bytesToNumberBE(fromBase64url(x)), y: bytesToNumberBE(fromBase64url(y)) };
  const publicPoint = Point.fromAffine(K);
  publicPoint.assertValidity();
  const halfOverYK = Fp.inv(Fp.add(K.y, K.y));

  async function ecdh(point: P384Point): Promise<bigint> {
    const P = point.toAffine();
    const raw = concat(UNCOMPRESSED, numberToBytesBE(P.x, COORDINATE), numberToBytesBE(P.y, COORDINATE));
    const peer = await subtle.importKey('raw', raw, CURVE, false, []);
    const algorithm = { name: 'ECDH', public: peer }; // a variable, since workerd's types spell it $public
    return bytesToNumberBE(new Uint8Array(await subtle.deriveBits(algorithm, key, 8 * COORDINATE)));
  }

  return {
    publicElement: () => publicPoint,
    async multiply(P) {
      if (P.equals(GENERATOR)) return publicPoint;
      if (P.equals(GENERATOR.negate())) return publicPoint.negate();
      const [xQ, xSum] = await Promise.all([ecdh(P), ecdh(P.add(GENERATOR))]);
      const onCurve = curve(xQ);
      const slope2 = Fp.mul(Fp.add(Fp.add(xSum, xQ), K.x), Fp.sqr(Fp.sub(xQ, K.x)));
      const yQ = Fp.mul(Fp.sub(Fp.add(onCurve, Fp.sqr(K.y)), slope2), halfOverYK);
      if (Fp.sqr(yQ) !== onCurve) throw new TypeError('the two answers of ECDH do not fit each other');
      return Point.fromAffine({ x: xQ, y: yQ });
    },
  };
}

/** x³ + ax + b */
function curve(x: bigint): bigint {
  const { a, b } = Point.CURVE();
  return Fp.add(Fp.mul(Fp.add(Fp.sqr(x), a), x), b);
}

import { concat, fromBase64url, fromHex, type Bytes } from '@sotto/wire';
import { ecdhGroup, type Coordinates, type Ecdh } from './ecdh-group.ts';
import { createVoprf } from './protocol.ts';
import type { Voprf, VoprfOptions } from './voprf.ts';

/** The methods of WebCrypto's SubtleCrypto that are used. */
export type EcdhSubtle = Pick<SubtleCrypto, 'importKey' | 'exportKey' | 'deriveBits'>;

const CURVE = { name: 'ECDH', namedCurve: 'P-384' };
const UNCOMPRESSED = Uint8Array.of(4);
/** PrivateKeyInfo (RFC 5208) with an ECPrivateKey (RFC 5915) for P-384 without its public key, up to the scalar. */
const PKCS8_PREFIX = fromHex('304e020100301006072a8648ce3d020106052b81040022043730350201010430');

/**
 * P384-SHA384 (RFC 9497 §4.4) whose secret keys are used by WebCrypto's constant-time ECDH.
 *
 * A key is loaded once if the caller passes the same `secretKey` array each time.
 */
export function ecdhVoprf(subtle: EcdhSubtle, options?: VoprfOptions): Voprf {
  return createVoprf(ecdhGroup(webcryptoEcdh(subtle)), options);
}

function webcryptoEcdh(subtle: EcdhSubtle): Ecdh {
  return {
    async load(scalar: Bytes) {
      const pkcs8 = concat(PKCS8_PREFIX, scalar);
      const shown = await subtle.importKey('pkcs8', pkcs8, CURVE, true, ['deriveBits']);
      const { x = '', y = '' } = (await subtle.exportKey('jwk', shown)) as JsonWebKey;
      // The first key was extractable, to read its public key. The key that is kept is not extractable.
      const key = await subtle.importKey('pkcs8', pkcs8, CURVE, false, ['deriveBits']);
      pkcs8.fill(0);
      return {
        publicKey: { x: fromBase64url(x), y: fromBase64url(y) },
        async derive(point: Coordinates) {
          const peer = await subtle.importKey(
            'raw',
            concat(UNCOMPRESSED, point.x, point.y),
            CURVE,
            false,
            [],
          );
          const algorithm = { name: 'ECDH', public: peer }; // in a variable, because workerd's types call the member $public
          return new Uint8Array(await subtle.deriveBits(algorithm, key, 384));
        },
      };
    },
  };
}

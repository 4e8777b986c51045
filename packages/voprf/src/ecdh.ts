import { concat, fromBase64url, fromHex, type Bytes } from '@sotto/wire';
import { ecdhGroup, type Coordinates, type Ecdh } from './ecdh-group.ts';
import { createVoprf } from './protocol.ts';
import type { Voprf } from './voprf.ts';

/** What we use of WebCrypto's SubtleCrypto. */
export type EcdhSubtle = Pick<SubtleCrypto, 'importKey' | 'exportKey' | 'deriveBits'>;

const CURVE = { name: 'ECDH', namedCurve: 'P-384' };
const UNCOMPRESSED = Uint8Array.of(4);
/** PrivateKeyInfo (RFC 5208) around an ECPrivateKey (RFC 5915) that names P-384 and leaves out its public key. */
const PKCS8_PREFIX = fromHex('304e020100301006072a8648ce3d020106052b81040022043730350201010430');

/**
 * P384-SHA384 whose secret keys are touched by WebCrypto's ECDH, which is constant in time.
 *
 * A key is loaded once: hand in the same `secretKey` array each time.
 */
export function ecdhVoprf(subtle: EcdhSubtle): Voprf {
  return createVoprf(ecdhGroup(webcryptoEcdh(subtle)));
}

function webcryptoEcdh(subtle: EcdhSubtle): Ecdh {
  return {
    async load(scalar: Bytes) {
      const pkcs8 = concat(PKCS8_PREFIX, scalar);
      const shown = await subtle.importKey('pkcs8', pkcs8, CURVE, true, ['deriveBits']);
      const { x = '', y = '' } = (await subtle.exportKey('jwk', shown)) as JsonWebKey;
      // What is kept for the key's life cannot be exported (its public half was all that we wanted).
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
          const algorithm = { name: 'ECDH', public: peer }; // a variable, since workerd's types spell it $public
          return new Uint8Array(await subtle.deriveBits(algorithm, key, 384));
        },
      };
    },
  };
}

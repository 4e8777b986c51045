import { createECDH, createPrivateKey, createPublicKey, diffieHellman } from 'node:crypto';
import { base64url, type Bytes } from '@sotto/wire';
import { ecdhGroup, type Coordinates, type Ecdh } from './ecdh-group.ts';
import { createVoprf } from './protocol.ts';
import type { Voprf, VoprfOptions } from './voprf.ts';

/**
 * P384-SHA384 (RFC 9497 §4.4) whose secret keys are used by OpenSSL's constant-time ECDH, without a thread pool, and
 * without the third multiplication with which Node's WebCrypto checks a private key.
 *
 * A key is loaded once if the caller passes the same `secretKey` array each time.
 */
export function nodeEcdhVoprf(options?: VoprfOptions): Voprf {
  return createVoprf(ecdhGroup(NODE), options);
}

const jwk = ({ x, y }: Coordinates) => ({ kty: 'EC', crv: 'P-384', x: base64url(x), y: base64url(y) });

const NODE: Ecdh = {
  load(scalar: Bytes) {
    const ecdh = createECDH('secp384r1');
    ecdh.setPrivateKey(scalar);
    const raw = Uint8Array.from(ecdh.getPublicKey());
    const publicKey = { x: raw.slice(1, 49), y: raw.slice(49) };
    const privateKey = createPrivateKey({ key: { ...jwk(publicKey), d: base64url(scalar) }, format: 'jwk' });
    return {
      publicKey,
      derive: (point) =>
        Uint8Array.from(
          diffieHellman({ privateKey, publicKey: createPublicKey({ key: jwk(point), format: 'jwk' }) }),
        ),
    };
  },
};

import { concat, fromHex } from '@sotto/wire';
import type { X25519 } from './x25519-group.ts';

/** The methods of WebCrypto's SubtleCrypto that are used. */
export type X25519Subtle = Pick<SubtleCrypto, 'importKey' | 'deriveBits'>;

const ALGORITHM = { name: 'X25519' };
/** PrivateKeyInfo (RFC 8410 §7) of an X25519 key, up to the scalar. */
const PKCS8_PREFIX = fromHex('302e020100300506032b656e04220420');

/** X25519 of WebCrypto. After the first key that the platform refuses, none is loaded. */
export function webcryptoX25519(subtle: X25519Subtle | undefined): X25519 {
  let isSupported = subtle !== undefined;
  return {
    async load(scalars) {
      if (subtle === undefined || !isSupported) return null;
      const encoded = scalars.map((scalar) => concat(PKCS8_PREFIX, scalar));
      try {
        const keys = await Promise.all(
          encoded.map((pkcs8) => subtle.importKey('pkcs8', pkcs8, ALGORITHM, false, ['deriveBits'])),
        );
        return {
          async derive(u) {
            const peer = await subtle.importKey('raw', u, ALGORITHM, false, []);
            const algorithm = { ...ALGORITHM, public: peer }; // in a variable, because workerd's types call the member $public
            const results = await Promise.all(keys.map((key) => subtle.deriveBits(algorithm, key, 256)));
            return results.map((result) => new Uint8Array(result));
          },
        };
      } catch {
        isSupported = false;
        return null;
      } finally {
        for (const pkcs8 of encoded) pkcs8.fill(0);
      }
    },
  };
}

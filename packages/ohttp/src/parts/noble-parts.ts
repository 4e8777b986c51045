import { gcm } from '@noble/ciphers/aes.js';
import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { x25519 } from '@noble/curves/ed25519.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { ml_kem768 } from '@noble/post-quantum/ml-kem.js';
import type { Bytes } from '@sotto/wire';
import { OhttpError } from '../error.ts';
import { AEAD, type Aead } from '../hpke.ts';
import { hkdfSha256 } from './hkdf.ts';
import type { X25519, X25519Key } from './x25519.ts';
import type { MlKem768 } from './x-wing.ts';

/** HKDF-SHA256 (RFC 5869). */
export const NOBLE_HKDF_SHA256 = hkdfSha256((key) => {
  const keyed = hmac.create(sha256, key);
  return (a, b, counter) => {
    const mac = keyed.clone().update(a);
    if (b !== undefined) mac.update(b);
    if (counter !== undefined) mac.update(Uint8Array.of(counter));
    return mac.digest();
  };
});

export const NOBLE_AES_128_GCM = nobleAead(AEAD.AES_128_GCM, 16, gcm);
/** Free of side effects, so that a bundler can drop it together with the cipher. */
export const NOBLE_CHACHA20_POLY1305 = /* @__PURE__ */ (() =>
  nobleAead(AEAD.CHACHA20_POLY1305, 32, chacha20poly1305))();

function nobleAead(id: number, Nk: number, cipher: typeof gcm | typeof chacha20poly1305): Aead {
  return {
    id,
    Nk,
    Nn: 12,
    Nt: 16,
    load: (key) => ({
      seal: (nonce, aad, pt) => cipher(key, nonce, aad).encrypt(pt),
      open(nonce, aad, ct) {
        try {
          return cipher(key, nonce, aad).decrypt(ct);
        } catch (error) {
          throw new OhttpError('open-failed', 'ciphertext is not authentic', { cause: error });
        }
      },
    }),
  };
}

const loadX25519 = (privateKey: Bytes): X25519Key => {
  const secret = privateKey.slice();
  return {
    publicKey: x25519.getPublicKey(secret),
    agree: (publicKey) => x25519.getSharedSecret(secret, publicKey),
  };
};
export const NOBLE_X25519: X25519 = { load: loadX25519, loadOnce: loadX25519 };

export const NOBLE_ML_KEM_768: MlKem768 = {
  load(seed) {
    const { publicKey, secretKey } = ml_kem768.keygen(seed);
    return {
      publicKey,
      decapsulate: (cipherText) => ml_kem768.decapsulate(cipherText, secretKey),
    };
  },
  encapsulate: (publicKey, m) => ml_kem768.encapsulate(publicKey, m),
};

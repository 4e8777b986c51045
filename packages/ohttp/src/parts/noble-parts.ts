import { gcm } from '@noble/ciphers/aes.js';
import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { x25519 } from '@noble/curves/ed25519.js';
import { expand, extract } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { ml_kem768 } from '@noble/post-quantum/ml-kem.js';
import { OhttpError } from '../error.ts';
import { AEAD, KDF, type Aead, type Kdf } from '../hpke.ts';
import type { X25519 } from './x25519.ts';
import type { MlKem768 } from './x-wing.ts';

/** HKDF-SHA256 (RFC 5869). */
export const NOBLE_HKDF_SHA256: Kdf = {
  id: KDF.HKDF_SHA256,
  Nh: 32,
  extract: (salt, ikm) => extract(sha256, ikm, salt),
  expand: (prk, info, L) => expand(sha256, prk, info, L),
};

export const NOBLE_AES_128_GCM = nobleAead(AEAD.AES_128_GCM, 16, gcm);
export const NOBLE_CHACHA20_POLY1305 = nobleAead(AEAD.CHACHA20_POLY1305, 32, chacha20poly1305);

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

export const NOBLE_X25519: X25519 = {
  load(privateKey) {
    const secret = privateKey.slice();
    return {
      publicKey: x25519.getPublicKey(secret),
      agree: (publicKey) => x25519.getSharedSecret(secret, publicKey),
    };
  },
};

export const NOBLE_ML_KEM_768: MlKem768 = {
  load(seed) {
    const { publicKey, secretKey } = ml_kem768.keygen(seed);
    return {
      publicKey: publicKey,
      decapsulate: (cipherText) => ml_kem768.decapsulate(cipherText, secretKey),
    };
  },
  encapsulate: (publicKey, m) => ml_kem768.encapsulate(publicKey, m),
};

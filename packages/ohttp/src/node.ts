import * as crypto from 'node:crypto'; // whole: an older Node lacks a name or two
import { createCipheriv, createDecipheriv, createHmac, createPrivateKey, createPublicKey } from 'node:crypto';
import { concat, fromHex, uint, type Bytes } from '@sotto/wire';
import { OhttpError } from './error.ts';
import { AEAD, KDF, type Aead, type Hpke, type Kdf } from './hpke.ts';
import { NOBLE_ML_KEM_768 } from './parts/noble-parts.ts';
import { dhkemX25519, type X25519 } from './parts/x25519.ts';
import { xWing, type MlKem768 } from './parts/x-wing.ts';

const PKCS8_X25519 = fromHex('302e020100300506032b656e04220420'); // what stands before the 32 bytes (RFC 8410 §7)
const SPKI_X25519 = fromHex('302a300506032b656e032100'); // the same of a public key (RFC 8410 §4)
const PKCS8_ML_KEM_768 = fromHex('3054020100300b060960864801650304040204428040'); // of a 64-byte seed (RFC 9935 §6)
const TAG = 16; // bytes
const OPTIONS = { authTagLength: TAG };

/** HPKE on `node:crypto`, all of it synchronous: a thread pool costs more than it computes here. */
export function nodeHpke(): Hpke {
  return {
    kems: [xWing(NODE_X25519, NODE_ML_KEM_768), dhkemX25519(NODE_X25519, NODE_HKDF_SHA256)],
    kdfs: [NODE_HKDF_SHA256],
    aeads: [
      nodeAead(AEAD.AES_128_GCM, 16, {
        seal: (key, nonce) => createCipheriv('aes-128-gcm', key, nonce, OPTIONS),
        open: (key, nonce) => createDecipheriv('aes-128-gcm', key, nonce, OPTIONS),
      }),
      nodeAead(AEAD.CHACHA20_POLY1305, 32, {
        seal: (key, nonce) => createCipheriv('chacha20-poly1305', key, nonce, OPTIONS),
        open: (key, nonce) => createDecipheriv('chacha20-poly1305', key, nonce, OPTIONS),
      }),
    ],
  };
}

/** A view of the same memory that is no Buffer, whose `slice` would not copy. */
function plain({ buffer, byteOffset, byteLength }: Buffer): Bytes {
  return new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
}

function hmac(key: Bytes, ...parts: readonly Bytes[]): Bytes {
  const mac = createHmac('sha256', key);
  for (const part of parts) mac.update(part);
  return plain(mac.digest());
}

const NODE_HKDF_SHA256: Kdf = {
  id: KDF.HKDF_SHA256,
  Nh: 32,
  extract: (salt, ikm) => hmac(salt, ikm),
  expand(prk, info, L) {
    let block = hmac(prk, info, uint(1, 1));
    if (L <= block.length) return block.subarray(0, L);
    const blocks = [block];
    for (let i = 2; i <= Math.ceil(L / 32); i++) {
      block = hmac(prk, block, info, uint(1, i));
      blocks.push(block);
    }
    return concat(...blocks).subarray(0, L);
  },
};

const NODE_X25519: X25519 = {
  load(secret) {
    const privateKey = privateKeyOf(PKCS8_X25519, secret);
    const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
    return {
      publicKey: plain(spki).slice(SPKI_X25519.length),
      agree: (publicKey) => {
        const key = Buffer.from(concat(SPKI_X25519, publicKey));
        return plain(
          crypto.diffieHellman({
            privateKey,
            publicKey: createPublicKey({ key, format: 'der', type: 'spki' }),
          }),
        );
      },
    };
  },
};

/** Opening is OpenSSL's where it knows ML-KEM (Node 24.7). Sealing is noble's: OpenSSL draws its own chance. */
const NODE_ML_KEM_768: MlKem768 = {
  async load(seed) {
    const inJs = await NOBLE_ML_KEM_768.load(seed);
    if (typeof crypto.decapsulate !== 'function') return inJs;
    const key = privateKeyOf(PKCS8_ML_KEM_768, seed);
    return {
      publicKey: inJs.publicKey,
      decapsulate: (cipherText) => plain(crypto.decapsulate(key, cipherText)),
    };
  },
  encapsulate: (publicKey, m) => NOBLE_ML_KEM_768.encapsulate(publicKey, m),
};

function privateKeyOf(prefix: Bytes, secret: Bytes): crypto.KeyObject {
  const key = Buffer.from(concat(prefix, secret));
  try {
    return createPrivateKey({ key, format: 'der', type: 'pkcs8' });
  } finally {
    key.fill(0);
  }
}

/** What sealing and opening have in common, whatever the cipher. */
interface Cipher {
  setAAD(aad: Bytes, options: { plaintextLength: number }): unknown;
  update(data: Bytes): Buffer;
  final(): Buffer;
}

interface Ciphers {
  seal(key: Bytes, nonce: Bytes): Cipher & { getAuthTag(): Buffer };
  open(key: Bytes, nonce: Bytes): Cipher & { setAuthTag(tag: Bytes): unknown };
}

function nodeAead(id: number, Nk: number, ciphers: Ciphers): Aead {
  return {
    id,
    Nk,
    Nn: 12,
    Nt: TAG,
    load: (key) => ({
      seal(nonce, aad, pt) {
        const cipher = ciphers.seal(key, nonce);
        cipher.setAAD(aad, { plaintextLength: pt.length });
        const ct = cipher.update(pt);
        cipher.final();
        return concat(ct, cipher.getAuthTag());
      },
      open(nonce, aad, ct) {
        const decipher = ciphers.open(key, nonce);
        try {
          decipher.setAAD(aad, { plaintextLength: ct.length - TAG });
          decipher.setAuthTag(ct.subarray(ct.length - TAG));
          const pt = decipher.update(ct.subarray(0, ct.length - TAG));
          decipher.final(); // throws unless the tag is right; until then pt is nobody's
          return plain(pt);
        } catch (error) {
          throw new OhttpError('open-failed', 'ciphertext is not authentic', { cause: error });
        }
      },
    }),
  };
}

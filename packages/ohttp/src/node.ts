import * as crypto from 'node:crypto'; // as a namespace, because older versions of Node lack some names
import {
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  type KeyObject,
} from 'node:crypto';
import { concat, fromBase64url, fromHex, type Bytes } from '@sotto/wire';
import { OhttpError } from './error.ts';
import { AEAD, type Aead, type Hpke, type Kem } from './hpke.ts';
import { hkdfSha256 } from './parts/hkdf.ts';
import { hmacSha256 } from './parts/sha256.ts';
import { NOBLE_ML_KEM_768 } from './parts/noble-parts.ts';
import { dhkemX25519, ImportedKeys, isHonestPoint, type X25519, type X25519Key } from './parts/x25519.ts';
import { xWing, type MlKem768 } from './parts/x-wing.ts';

// DER before the secret bytes.
const PKCS8_X25519 = fromHex('302e020100300506032b656e04220420'); // of 32 bytes (RFC 8410 §7)
const PKCS8_ML_KEM_768 = fromHex('3054020100300b060960864801650304040204428040'); // of a 64-byte seed (RFC 9935 §6)
const TAG = 16; // bytes
const OPTIONS = { authTagLength: TAG };

/** HPKE on `node:crypto`, all synchronous: a thread pool costs more time than the work itself. */
export function nodeHpke(): Hpke {
  return {
    kems: [xWing(NODE_X25519, NODE_ML_KEM_768), NODE_DHKEM],
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

/** The same memory as a Uint8Array, because `slice` of a Buffer does not copy. */
function plain({ buffer, byteOffset, byteLength }: Buffer): Bytes {
  return new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
}

const NODE_HKDF_SHA256 = hkdfSha256(hmacSha256);

const IMPORTED = new ImportedKeys<KeyObject>();

/**
 * Imports a key without stack traces. From 24.18 on, Node 24 finds out by four caught exceptions that a JWK is not a key
 * object, and their traces take 16 of 24 µs. No other code runs before the limit is restored. Where `Error` is frozen, the
 * limit stays as it is.
 */
function withoutTraces(importKey: () => KeyObject): KeyObject {
  const limit = Error.stackTraceLimit;
  Reflect.set(Error, 'stackTraceLimit', 0);
  try {
    return importKey();
  } finally {
    Reflect.set(Error, 'stackTraceLimit', limit);
  }
}

// Node imports a JWK (RFC 8037 §2) faster than any other encoding: in some versions DER takes ten times as long.
const OKP = { kty: 'OKP', crv: 'X25519' };
const base64url = (bytes: Bytes) => Buffer.from(bytes).toString('base64url');

const importPublic = (publicKey: Bytes): KeyObject =>
  withoutTraces(() => createPublicKey({ key: { ...OKP, x: base64url(publicKey) }, format: 'jwk' }));

const importJwk = (secret: Bytes): KeyObject =>
  withoutTraces(() => createPrivateKey({ key: { ...OKP, d: base64url(secret), x: '' }, format: 'jwk' }));

function importPkcs8(prefix: Bytes, secret: Bytes): KeyObject {
  const key = Buffer.from(concat(prefix, secret));
  try {
    return createPrivateKey({ key, format: 'der', type: 'pkcs8' });
  } finally {
    key.fill(0);
  }
}

/**
 * Imports an X25519 private key without its public key. Before version 26, Node accepts a JWK with an empty `x`, and reads
 * it faster than PKCS #8 (nine times in Node 20). Since 26 it requires an `x` that matches, so PKCS #8 is used.
 */
const importPrivate: typeof importJwk = (() => {
  try {
    importJwk(new Uint8Array(32).fill(1));
    return importJwk;
  } catch {
    return (secret: Bytes) => importPkcs8(PKCS8_X25519, secret);
  }
})();

interface NodeX25519Key extends X25519Key {
  /** Decap of DHKEM (RFC 9180 §4.1): agreement and key derivation in one call, from Node 24.7. */
  decapsulate(enc: Bytes): Bytes;
}

const loadX25519 = (secret: Bytes): NodeX25519Key => {
  const privateKey = importPrivate(secret);
  const { x } = privateKey.export({ format: 'jwk' }); // the public key, without an object of its own
  return {
    publicKey: fromBase64url(x ?? ''),
    agree(peer, again) {
      const publicKey = again
        ? (IMPORTED.find(peer) ?? IMPORTED.keep(peer, importPublic(peer)))
        : importPublic(peer);
      return plain(crypto.diffieHellman({ privateKey, publicKey }));
    },
    decapsulate: (enc) => plain(crypto.decapsulate(privateKey, enc)),
  };
};

const NODE_X25519: X25519 = { load: loadX25519, loadOnce: loadX25519 };

/** DHKEM(X25519, HKDF-SHA256). Encapsulation is ours, because OpenSSL uses its own randomness. */
const NODE_DHKEM: Kem = (() => {
  const kem = dhkemX25519(NODE_X25519, NODE_HKDF_SHA256);
  if (typeof crypto.decapsulate !== 'function') return kem;
  return {
    ...kem,
    decap(enc, key) {
      if (!isHonestPoint(enc)) throw new OhttpError('open-failed', 'not a public key of X25519');
      try {
        return (key as NodeX25519Key).decapsulate(enc);
      } catch (error) {
        throw new OhttpError('open-failed', 'OpenSSL refused the encapsulated key', { cause: error });
      }
    },
  };
})();

/** Decapsulation is OpenSSL's from Node 24.7. Encapsulation is noble's, because OpenSSL uses its own randomness. */
const NODE_ML_KEM_768: MlKem768 = {
  async load(seed) {
    const inJs = await NOBLE_ML_KEM_768.load(seed);
    if (typeof crypto.decapsulate !== 'function') return inJs;
    const key = importPkcs8(PKCS8_ML_KEM_768, seed);
    return {
      publicKey: inJs.publicKey,
      decapsulate: (cipherText) => plain(crypto.decapsulate(key, cipherText)),
    };
  },
  encapsulate: (publicKey, m) => NOBLE_ML_KEM_768.encapsulate(publicKey, m),
};

/** What ciphers and deciphers have in common. */
interface Cipher {
  setAAD(aad: Bytes, options: { plaintextLength: number }): unknown;
  update(data: Bytes): Buffer;
  final(): Buffer;
}

interface Ciphers {
  seal(key: KeyObject, nonce: Bytes): Cipher & { getAuthTag(): Buffer };
  open(key: KeyObject, nonce: Bytes): Cipher & { setAuthTag(tag: Bytes): unknown };
}

function nodeAead(id: number, Nk: number, ciphers: Ciphers): Aead {
  return {
    id,
    Nk,
    Nn: 12,
    Nt: TAG,
    load(raw) {
      // Some releases of Node 24 find out by two caught exceptions that bytes are not a KeyObject: 11 µs for each cipher.
      const key = createSecretKey(raw);
      return {
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
            decipher.final(); // throws unless the tag is valid; pt must not be used before
            return plain(pt);
          } catch (error) {
            throw new OhttpError('open-failed', 'ciphertext is not authentic', { cause: error });
          }
        },
      };
    },
  };
}

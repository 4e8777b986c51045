import { concat, fromBase64url, fromHex, type Bytes } from '@sotto/wire';
import { OhttpError } from './error.ts';
import { AEAD, type Aead, type Hpke } from './hpke.ts';
import { hkdfSha256 } from './parts/hkdf.ts';
import { NOBLE_CHACHA20_POLY1305, NOBLE_ML_KEM_768 } from './parts/noble-parts.ts';
import { hmacSha256 } from './parts/sha256.ts';
import { dhkemX25519, ImportedKeys, type X25519 } from './parts/x25519.ts';
import { xWing, type MlKem768 } from './parts/x-wing.ts';

/** The methods of `crypto.subtle` that are used in Workers, Node and browsers. */
export interface Subtle {
  importKey(
    format: string,
    key: Bytes,
    algorithm: string,
    extractable: boolean,
    usages: string[],
  ): Promise<CryptoKey>;
  exportKey(format: 'jwk', key: CryptoKey): Promise<object>;
  deriveBits(
    algorithm: { name: string; public: CryptoKey },
    key: CryptoKey,
    length: number,
  ): Promise<ArrayBuffer>;
  encrypt(algorithm: AesGcm, key: CryptoKey, data: Bytes): Promise<ArrayBuffer>;
  decrypt(algorithm: AesGcm, key: CryptoKey, data: Bytes): Promise<ArrayBuffer>;
  /** Only in newer runtimes. */
  decapsulateBits?(algorithm: string, key: CryptoKey, cipherText: Bytes): Promise<ArrayBuffer>;
}

interface AesGcm {
  name: string;
  iv: Bytes;
  additionalData?: Bytes;
}

const HKDF_SHA256 = hkdfSha256(hmacSha256);
const PKCS8_X25519 = fromHex('302e020100300506032b656e04220420'); // DER before the 32 bytes (RFC 8410 §7)
// Names instead of objects, and shared arrays, because a runtime reads them again in each call.
const NO_USAGES: string[] = [];
const DERIVING = ['deriveBits'];
const SEALING = ['encrypt', 'decrypt'];
const BASE_POINT = new Uint8Array(32).fill(9, 0, 1);

/**
 * HPKE on `crypto.subtle`: X25519, AES-128-GCM and, where the runtime has it, ML-KEM-768 opening.
 *
 * The key schedule is synchronous, because a dozen awaited HMACs cost more than the HMACs. ML-KEM encapsulation is
 * noble's everywhere, because `encapsulateBits` uses its own randomness.
 */
export function webcryptoHpke(subtle: Subtle): Hpke {
  const x25519 = webcryptoX25519(subtle);
  return {
    kems: [xWing(x25519, webcryptoMlKem768(subtle)), dhkemX25519(x25519, HKDF_SHA256)],
    kdfs: [HKDF_SHA256],
    aeads: [webcryptoAes128Gcm(subtle), NOBLE_CHACHA20_POLY1305],
  };
}

function webcryptoX25519(subtle: Subtle): X25519 {
  const imported = new ImportedKeys<CryptoKey>();
  const importPrivate = (privateKey: Bytes, extractable: boolean): Promise<CryptoKey> => {
    const pkcs8 = concat(PKCS8_X25519, privateKey);
    const importing = subtle.importKey('pkcs8', pkcs8, 'X25519', extractable, DERIVING);
    pkcs8.fill(0); // importKey has copied it before it returned (W3C Web Cryptography §14.3.9)
    return importing;
  };
  const agreeWith = (key: CryptoKey) => (publicKey: Bytes, again: boolean) => {
    const multiply = (point: CryptoKey) =>
      subtle.deriveBits({ name: 'X25519', public: point }, key, 256).then(toBytes);
    const known = again ? imported.find(publicKey) : undefined;
    if (known !== undefined) return multiply(known);
    return subtle
      .importKey('raw', publicKey, 'X25519', false, NO_USAGES)
      .then((point) => multiply(again ? imported.keep(publicKey, point) : point));
  };
  return {
    async load(privateKey) {
      const agree = agreeWith(await importPrivate(privateKey, false));
      return { publicKey: await agree(BASE_POINT, true), agree };
    },
    async loadOnce(privateKey) {
      const key = await importPrivate(privateKey, true);
      const { x } = (await subtle.exportKey('jwk', key)) as { x?: string }; // costs a tenth of a multiplication
      return { publicKey: fromBase64url(x ?? ''), agree: agreeWith(key) };
    },
  };
}

function webcryptoMlKem768(subtle: Subtle): MlKem768 {
  const algorithm = 'ML-KEM-768';
  return {
    async load(seed) {
      const inJs = await NOBLE_ML_KEM_768.load(seed);
      if (subtle.decapsulateBits === undefined) return inJs;
      const key = await subtle
        .importKey('raw-seed', seed, algorithm, false, ['decapsulateBits'])
        .catch(() => null); // the runtime has the method but not this algorithm
      if (key === null) return inJs;
      return {
        publicKey: inJs.publicKey,
        async decapsulate(cipherText) {
          const secret = await subtle.decapsulateBits?.(algorithm, key, cipherText);
          return secret === undefined ? inJs.decapsulate(cipherText) : new Uint8Array(secret);
        },
      };
    },
    encapsulate: (publicKey, m) => NOBLE_ML_KEM_768.encapsulate(publicKey, m),
  };
}

function webcryptoAes128Gcm(subtle: Subtle): Aead {
  return {
    id: AEAD.AES_128_GCM,
    Nk: 16,
    Nn: 12,
    Nt: 16,
    load: (raw) =>
      subtle.importKey('raw', raw, 'AES-GCM', false, SEALING).then((key) => ({
        seal: (nonce, aad, pt) => subtle.encrypt(aesGcm(nonce, aad), key, pt).then(toBytes),
        open: (nonce, aad, ct) => subtle.decrypt(aesGcm(nonce, aad), key, ct).then(toBytes, notAuthentic),
      })),
  };
}

// `then`, because an async function around one call costs more: each call of WebCrypto has few microseconds of its own.
const toBytes = (buffer: ArrayBuffer): Bytes => new Uint8Array(buffer);

const notAuthentic = (cause: unknown): never => {
  throw new OhttpError('open-failed', 'ciphertext is not authentic', { cause });
};

const aesGcm = (iv: Bytes, additionalData: Bytes): AesGcm =>
  additionalData.length === 0 ? { name: 'AES-GCM', iv } : { name: 'AES-GCM', iv, additionalData };

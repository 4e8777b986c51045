import { concat, type Bytes, type Random } from '@sotto/wire';

/** Wraps private keys at rest, each bound to what it is for. */
export interface KeyWrap {
  /** @param purpose - what the key is for: unwrapping under another purpose fails */
  wrap(key: Bytes, purpose: Bytes): Promise<Bytes>;
  unwrap(wrapped: Bytes, purpose: Bytes): Promise<Bytes>;
}

const NONCE = 12; // bytes

/** What is used of `crypto.subtle`. */
export interface AesSubtle {
  importKey(
    format: 'raw',
    key: Bytes,
    algorithm: { name: string },
    extractable: boolean,
    usages: ('encrypt' | 'decrypt')[],
  ): Promise<CryptoKey>;
  encrypt(algorithm: AesGcm, key: CryptoKey, data: Bytes): Promise<ArrayBuffer>;
  decrypt(algorithm: AesGcm, key: CryptoKey, data: Bytes): Promise<ArrayBuffer>;
}

interface AesGcm {
  name: string;
  iv: Bytes;
  additionalData: Bytes;
}

/**
 * AES-256-GCM under the operator's wrapping key: nonce (12 bytes), ciphertext, tag (16 bytes).
 *
 * @param wrappingKey - 32 bytes
 */
export function aesKeyWrap(subtle: AesSubtle, wrappingKey: Bytes, random: Random): KeyWrap {
  const load = () => subtle.importKey('raw', wrappingKey, { name: 'AES-GCM' }, false, ['encrypt', 'decrypt']);
  return {
    async wrap(key, purpose) {
      const iv = random(NONCE);
      const algorithm = { name: 'AES-GCM', iv, additionalData: purpose };
      return concat(iv, new Uint8Array(await subtle.encrypt(algorithm, await load(), key)));
    },
    async unwrap(wrapped, purpose) {
      const algorithm = { name: 'AES-GCM', iv: wrapped.subarray(0, NONCE), additionalData: purpose };
      return new Uint8Array(await subtle.decrypt(algorithm, await load(), wrapped.subarray(NONCE)));
    },
  };
}

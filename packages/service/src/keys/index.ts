import { concat, type Bytes, type Random } from '@sotto/wire';

/** Encrypts secret keys at rest. Each wrapped key is bound to a context, which says what the key is for. */
export interface KeyWrap {
  /** @returns nonce (12 bytes), ciphertext, tag (16 bytes) */
  wrap(key: Bytes, context: Bytes): Promise<Bytes>;
  /** Rejects when the wrapping key or the context is not the one that the key was wrapped with. */
  unwrap(wrapped: Bytes, context: Bytes): Promise<Bytes>;
}

/** The part of `crypto.subtle` that key wrapping uses. */
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
  readonly name: 'AES-GCM';
  readonly iv: Bytes;
  readonly additionalData: Bytes;
}

const NONCE = 12; // bytes, random: at most 2^32 keys are wrapped under one wrapping key (NIST SP 800-38D §8.3)

/**
 * AES-256-GCM under the operator's KEY_WRAPPING_KEY, with the context as additional data.
 *
 * @param wrappingKey - 32 bytes
 */
export function aesKeyWrap(subtle: AesSubtle, wrappingKey: Bytes, random: Random): KeyWrap {
  const load = () => subtle.importKey('raw', wrappingKey, { name: 'AES-GCM' }, false, ['encrypt', 'decrypt']);
  return {
    async wrap(key, context) {
      const iv = random(NONCE);
      const algorithm = { name: 'AES-GCM', iv, additionalData: context } as const;
      return concat(iv, new Uint8Array(await subtle.encrypt(algorithm, await load(), key)));
    },
    async unwrap(wrapped, context) {
      const iv = wrapped.subarray(0, NONCE);
      const algorithm = { name: 'AES-GCM', iv, additionalData: context } as const;
      return new Uint8Array(await subtle.decrypt(algorithm, await load(), wrapped.subarray(NONCE)));
    },
  };
}

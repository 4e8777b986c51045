import { concat, equalBytes, type Bytes, type Random } from '@sotto/wire';
import { ConfigError, type Variables } from '../config/index.ts';

/** Encrypts secret keys at rest. Each wrapped key is bound to a context, which says what the key is for. */
export interface KeyWrap {
  /** @returns nonce (12 bytes), ciphertext, tag (16 bytes) */
  wrap(key: Bytes, context: Bytes): Promise<Bytes>;
  /** Rejects when no wrapping key fits, or the context is not the one that the key was wrapped with. */
  unwrap(wrapped: Bytes, context: Bytes): Promise<Bytes>;
  /** Wraps a key again that is wrapped under an earlier wrapping key. Null when it is wrapped under the current one. Rejects as `unwrap`. */
  rewrap(wrapped: Bytes, context: Bytes): Promise<Bytes | null>;
}

/** The operator's wrapping keys, 32 bytes each. */
export interface WrappingKeys {
  /** KEY_WRAPPING_KEY: wraps and unwraps. */
  readonly current: Bytes;
  /** KEY_WRAPPING_KEY_PREVIOUS: unwraps only, during a rotation; null else. */
  readonly previous: Bytes | null;
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

/** @throws {ConfigError} also when the previous key is the current one */
export function readWrappingKeys(variables: Variables): WrappingKeys {
  const current = variables.key('KEY_WRAPPING_KEY');
  const name = 'KEY_WRAPPING_KEY_PREVIOUS';
  if (!variables.has(name)) return { current, previous: null };
  const previous = variables.key(name);
  if (equalBytes(previous, current))
    throw new ConfigError(name, 'must differ from KEY_WRAPPING_KEY. Remove it');
  return { current, previous };
}

const NONCE = 12; // bytes, random: at most 2^32 keys are wrapped under one wrapping key (NIST SP 800-38D §8.3)

/** AES-256-GCM under the operator's wrapping keys, with the context as additional data. */
export function aesKeyWrap(subtle: AesSubtle, { current, previous }: WrappingKeys, random: Random): KeyWrap {
  const load = (key: Bytes) =>
    subtle.importKey('raw', key, { name: 'AES-GCM' }, false, ['encrypt', 'decrypt']);

  async function wrap(key: Bytes, context: Bytes): Promise<Bytes> {
    const iv = random(NONCE);
    const algorithm = { name: 'AES-GCM', iv, additionalData: context } as const;
    return concat(iv, new Uint8Array(await subtle.encrypt(algorithm, await load(current), key)));
  }

  async function unwrapWith(wrappingKey: Bytes, wrapped: Bytes, context: Bytes): Promise<Bytes> {
    const iv = wrapped.subarray(0, NONCE);
    const algorithm = { name: 'AES-GCM', iv, additionalData: context } as const;
    return new Uint8Array(await subtle.decrypt(algorithm, await load(wrappingKey), wrapped.subarray(NONCE)));
  }

  return {
    wrap,
    unwrap: (wrapped, context) =>
      unwrapWith(current, wrapped, context).catch((error: unknown) => {
        if (previous === null) throw error;
        return unwrapWith(previous, wrapped, context);
      }),
    async rewrap(wrapped, context) {
      try {
        (await unwrapWith(current, wrapped, context)).fill(0);
        return null;
      } catch (error) {
        if (previous === null) throw error;
      }
      const key = await unwrapWith(previous, wrapped, context);
      const rewrapped = await wrap(key, context);
      key.fill(0);
      return rewrapped;
    },
  };
}

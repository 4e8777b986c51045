import { gcm } from '@noble/ciphers/aes.js';
import { concat, ProtocolError, uint, utf8, vector, type Bytes, type Random } from '@sotto/wire';
import type { KeyRecord } from './ports.ts';

/** A stored key that the wrapping key does not open, or that is not what its record says. */
export class KeyError extends ProtocolError<'not-opened' | 'mismatch' | 'no-truncated-id'> {}

type Place = Pick<KeyRecord, 'service' | 'epoch' | 'type' | 'keyId'>;

const NONCE = 12; // bytes

/** What a wrapped secret is bound to, so that no row can pass for another. */
function place({ service, epoch, type, keyId }: Place): Bytes {
  return concat(utf8('sotto issuer key\0'), vector(1, utf8(service)), uint(8, epoch), uint(2, type), keyId);
}

/** Seals a secret scalar with AES-256-GCM: nonce, ciphertext and tag; 28 bytes longer than the secret. */
export function wrapSecret(wrappingKey: Bytes, at: Place, secretKey: Bytes, random: Random): Bytes {
  const nonce = random(NONCE);
  return concat(nonce, gcm(wrappingKey, nonce, place(at)).encrypt(secretKey));
}

/** @throws {KeyError} `not-opened` */
export function unwrapSecret(wrappingKey: Bytes, record: KeyRecord): Bytes {
  const nonce = record.wrapped.subarray(0, NONCE);
  try {
    return gcm(wrappingKey, nonce, place(record)).decrypt(record.wrapped.subarray(NONCE));
  } catch (error) {
    throw new KeyError('not-opened', 'KEY_WRAPPING_KEY does not open a stored key', { cause: error });
  }
}

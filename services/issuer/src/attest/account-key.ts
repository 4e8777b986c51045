import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { concat, equalBytes, uint, utf8, vector, type Bytes, type UnixSeconds } from '@sotto/wire';

/** ACCOUNT_KEY, and ACCOUNT_KEY_PREVIOUS during a change: 32 bytes each. */
export interface AccountKeys {
  readonly current: Bytes;
  readonly previous: Bytes | null;
}

const ID = 16; // bytes

/** Names a key without showing it: 16 bytes. */
export function accountKeyId(key: Bytes): Bytes {
  return hmac(sha256, key, utf8('sotto account key')).slice(0, ID);
}

/**
 * The key that counts accounts in an epoch. It stays the same until the next one, because quotas would
 * otherwise start again. Null if it is gone.
 */
export function accountKeyOf({ current, previous }: AccountKeys, id: Bytes | null): Bytes | null {
  if (id === null || equalBytes(accountKeyId(current), id)) return current;
  return previous !== null && equalBytes(accountKeyId(previous), id) ? previous : null;
}

/** The key under which accounts are counted by period, so that the hashes of periods and of epochs cannot be compared. */
export function periodAccountKey(accountKey: Bytes): Bytes {
  return hmac(sha256, accountKey, utf8('sotto voucher accounts'));
}

/** HMAC-SHA-256 over attester, account and epoch: 32 bytes that cannot be linked across epochs. */
export function accountHash(key: Bytes, issuer: string, account: string, epoch: UnixSeconds): Bytes {
  const named = concat(vector(2, utf8(issuer)), vector(2, utf8(account)), uint(8, epoch));
  return hmac(sha256, key, concat(utf8('sotto account\0'), named));
}

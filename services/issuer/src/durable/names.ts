import { hex, type Bytes, type UnixSeconds } from '@sotto/wire';
import type { Ledger } from '../ports.ts';

/**
 * The number of objects for the accounts of an epoch. It is small, because creating or waking an object costs more than counting in it;
 * specs/scale.md has the load of each. A change within an epoch would reset quotas.
 */
export const QUOTA_SHARDS = 32;

/** The shard of a 32-byte digest, among at most 256. */
export function shardOf(digest: Bytes, shards: number): number {
  return (digest[0] ?? 0) % shards;
}

/** The name of a ledger's object: the key, the shard, and the end of acceptance. */
export function ledgerName({ keyId, end }: Ledger, shard: number): string {
  return `${hex(keyId)}.${shard}.${end}`;
}

/** The end of acceptance that a ledger's name carries; 0, so none, for any other name. */
export function ledgerEnd(name: string | undefined): UnixSeconds {
  return Number(/^[0-9a-f]{64}\.[0-9]+\.([0-9]+)$/.exec(name ?? '')?.[1] ?? 0);
}

export function quotaName(epoch: UnixSeconds, account: Bytes): string {
  return `${epoch}.${shardOf(account, QUOTA_SHARDS)}`;
}

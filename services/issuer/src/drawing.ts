import { sha256 } from '@noble/hashes/sha2.js';
import { hex, ProtocolError, type Bytes } from '@sotto/wire';
import type { Budget } from './budget.ts';
import type { Keyring, LiveKey, Ring } from './keyring.ts';
import type { Attested, Attester, System, Quota } from './ports.ts';
import type { Queue } from './queue.ts';
import { Refusal } from './refusal.ts';

export interface IssueDeps {
  readonly system: System;
  readonly attester: Attester;
  readonly keyring: Keyring;
  readonly quota: Quota;
  readonly budget: Budget;
  readonly queue: Queue;
  readonly count: (cell: string, by?: number) => void;
}

export interface Issued {
  readonly status: 200 | 206;
  readonly contentType: string;
  readonly body: Bytes;
}

/** A request whose account is known. */
export interface Drawing {
  readonly ring: Ring;
  readonly attested: Attested;
  readonly body: Bytes;
  readonly evaluate: <R>(evaluation: () => R | Promise<R>) => Promise<R>;
}

/** Takes evaluations off a key's ceiling. */
export function takeBudget(
  { budget }: IssueDeps,
  { keyId, policy }: LiveKey,
  count: number,
): Promise<boolean> {
  return budget.take({ keyId, ceiling: policy.ceiling }, count);
}

/** Counts a batch of one service, once, however often it comes. */
export async function takeQuota(
  { quota }: IssueDeps,
  { ring, attested, body }: Drawing,
  { service, policy }: LiveKey,
  count: number,
): Promise<'taken' | 'counted' | 'exhausted'> {
  const limit = policy.quota.get(attested.tier) ?? policy.quota.get('default') ?? 0;
  const batch = hex(sha256(body).subarray(0, 16));
  return quota.take({ epoch: ring.epoch, account: attested.account, service, count, limit, batch });
}

/** When there is more: a date, so that everyone is told the same. */
export function nextEpoch({ system }: IssueDeps, { until }: Ring): string {
  return system.date(until).toUTCString();
}

/** A body that does not decode is 422, whatever is wrong with it (RFC 9578 §5.2). */
export function decoded<T>(decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    throw new Refusal('unprocessable-content', 'malformed', { cause: error });
  }
}

import { sha256 } from '@noble/hashes/sha2.js';
import { hex, ProtocolError, type Bytes } from '@sotto/wire';
import type { AccountLimiter } from './account-limiter.ts';
import type { VoucherConfig } from './config.ts';
import type { EvaluationLimiter } from './evaluation-limiter.ts';
import type { Keyring, LiveKey, Ring } from './keyring.ts';
import type { AccountTally } from './metrics.ts';
import type { AccountContext, AttestedAccount, Attester, Quota, System } from './ports.ts';
import type { EvaluationQueue } from './evaluation-queue.ts';
import { Refusal } from './refusal.ts';

/** The dependencies of issuance. */
export interface IssuanceDeps {
  readonly system: System;
  readonly attester: Attester;
  readonly keyring: Keyring;
  readonly quota: Quota;
  readonly limiter: EvaluationLimiter;
  readonly queue: EvaluationQueue;
  readonly accounts: AccountLimiter;
  readonly tally: AccountTally;
  /** Null where no vouchers are issued. */
  readonly vouchers: VoucherConfig | null;
  readonly epochSeconds: number;
}

/** The HTTP response to an issuance request that is accepted. */
export interface IssuanceResponse {
  readonly status: 200 | 206;
  readonly contentType: string;
  readonly body: Bytes;
}

/** One issuance request whose account is known. */
export interface Issuance {
  readonly ring: Ring;
  readonly account: AttestedAccount;
  /** The account's hash and tier in another context than that of the epoch. */
  readonly attest: (context: AccountContext) => Promise<AttestedAccount>;
  readonly body: Bytes;
  /** Runs an evaluation when it is this request's turn. */
  readonly evaluate: <R>(evaluation: () => R | Promise<R>) => Promise<R>;
}

/** Reserves evaluations of a key's ceiling. False when too few are left. */
export function reserveEvaluations(
  { limiter }: IssuanceDeps,
  { keyId, policy }: LiveKey,
  count: number,
): Promise<boolean> {
  return limiter.reserve({ keyId, ceiling: policy.ceiling }, count);
}

/**
 * Charges a batch of one service to the account's quota. A batch that is sent again is charged once. False when the quota
 * is exhausted.
 *
 * @throws {Refusal} `unavailable` when the epoch's quotas are gone, because its keys were retired
 */
export async function chargeQuota(
  deps: IssuanceDeps,
  { ring, account, body }: Issuance,
  { service, policy }: LiveKey,
  count: number,
): Promise<boolean> {
  const limit = policy.quota.get(account.tier) ?? policy.quota.get('default') ?? 0;
  const batch = hex(sha256(body).subarray(0, 16));
  const charge = { epoch: ring.epoch, account: account.hash, service, count, limit, batch };
  const outcome = await deps.quota.charge(charge);
  if (outcome === 'ended') {
    throw new Refusal('unavailable', 'epoch', { retryAfter: nextEpochDate(deps, ring) });
  }
  return outcome !== 'exhausted';
}

/** A Retry-After with the date of the next epoch: the same for everyone. */
export function nextEpochDate({ system }: IssuanceDeps, { until }: Ring): string {
  return system.date(until).toUTCString();
}

/** A body that does not decode gets 422, whatever is wrong with it (RFC 9578 §5.2). */
export function decodeBody<T>(decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    throw new Refusal('unprocessable-content', 'malformed', { cause: error });
  }
}

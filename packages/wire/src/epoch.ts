import type { UnixSeconds } from './bytes.ts';

/**
 * Time since 1970 is cut into epochs of equal length. Keys, bundles, quotas and ledgers belong to one epoch.
 * An epoch is named by its index (0, 1, 2, …) or by its start; index × length = start.
 */

/** The length of an epoch unless a deployment sets another: one UTC day, in seconds. */
export const DAY = 86_400;

/** How many epochs ahead keys and bundles are made. */
export const HORIZON = 7;

/** The index of the epoch that contains `now`. */
export function epochIndexAt(now: UnixSeconds, epochSeconds: number): number {
  return Math.floor(now / epochSeconds);
}

/** The start of the epoch that contains `now`. */
export function epochStartAt(now: UnixSeconds, epochSeconds: number): UnixSeconds {
  return epochIndexAt(now, epochSeconds) * epochSeconds;
}

/** When an epoch's tokens, keys and bundle stop being valid: they are used in their own epoch and in the next. */
export function acceptedUntil(epochStart: UnixSeconds, epochSeconds: number): UnixSeconds {
  return epochStart + 2 * epochSeconds;
}

/** The largest clock skew between parties that we allow for, in seconds: 300, or half an epoch if that is less. */
export function graceSeconds(epochSeconds: number): number {
  return Math.min(300, epochSeconds / 2);
}

/** When a key, and the ledger of its tokens, is destroyed: strictly after the end of acceptance. */
export function destroyedAt(epochStart: UnixSeconds, epochSeconds: number): number {
  return acceptedUntil(epochStart, epochSeconds) + graceSeconds(epochSeconds);
}

/** A range of epochs by their index, both ends included. */
export interface EpochRange {
  readonly from: number;
  readonly to: number;
}

/**
 * The epochs whose keys are usable at `now` for a party whose clock may differ by the grace: from grace before an
 * epoch's start until grace after the end of acceptance.
 */
export function usableEpochs(now: UnixSeconds, epochSeconds: number): EpochRange {
  const grace = graceSeconds(epochSeconds);
  return {
    from: epochIndexAt(now - grace, epochSeconds) - 1,
    to: epochIndexAt(now + grace, epochSeconds),
  };
}

/** A clock that never runs backwards, even if the clock below it is corrected or jumps. */
export function monotonicClock(now: () => UnixSeconds): () => UnixSeconds {
  let latest = 0;
  return () => {
    latest = Math.max(latest, now());
    return latest;
  };
}

/** The issuance window of a period of vouchers: the last quarter of its epochs, rounded up. */
export const voucherWindow = (period: number): number => Math.ceil(period / 4);

/**
 * How many epochs vouchers can be issued for in an epoch, its own first: the rest of its period, and in the window the
 * next period too. The number follows from the date alone, so it is the same for everyone.
 */
export function voucherEpochs(epochIndex: number, period: number): number {
  const position = epochIndex % period;
  return period - position + (position >= period - voucherWindow(period) ? period : 0);
}

/** The last epoch of the period that an epoch belongs to. */
export function lastOfPeriod(epochIndex: number, period: number): number {
  return epochIndex - (epochIndex % period) + period - 1;
}

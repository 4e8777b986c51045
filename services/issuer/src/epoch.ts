import type { UnixSeconds } from '@sotto/wire';

/** How many epochs ahead keys are made. */
export const HORIZON = 7;

/** The start of the epoch that holds `now`; epochs are `epochSeconds` long and counted from 1970. */
export function epochAt(now: UnixSeconds, epochSeconds: number): UnixSeconds {
  return Math.floor(now / epochSeconds) * epochSeconds;
}

/** The end of acceptance: tokens of an epoch are redeemed in it and in the next. */
export function acceptedUntil(epoch: UnixSeconds, epochSeconds: number): UnixSeconds {
  return epoch + 2 * epochSeconds;
}

/** The largest skew of a clock that we allow for, in seconds. */
export function graceSeconds(epochSeconds: number): number {
  return Math.min(300, epochSeconds / 2);
}

/** When a key, and the ledger of its tokens, is destroyed: strictly after the end of acceptance. */
export function destroyedAt(epoch: UnixSeconds, epochSeconds: number): number {
  return acceptedUntil(epoch, epochSeconds) + graceSeconds(epochSeconds);
}

/** Time that never runs backwards, whatever the clock does (a correction, a jump). */
export function monotone(now: () => UnixSeconds): () => UnixSeconds {
  let latest = 0;
  return () => {
    latest = Math.max(latest, now());
    return latest;
  };
}

import { graceSeconds, type Random, type UnixSeconds } from '@sotto/wire';
import { randomBelow } from './platform.ts';
import type { Schedule } from './wallet/state.ts';

const IN_FLIGHT_SECONDS = 60; // after which a request that was sent by a page that was closed counts as failed
const SPREAD = 21_600; // seconds after the start of an epoch, but at most a quarter of it

/** The inputs of a schedule. */
export interface ScheduleOptions {
  readonly now: UnixSeconds;
  readonly epochSeconds: number;
  readonly batches: number;
  readonly random: Random;
}

/**
 * When the tokens of a service are refilled in this epoch. The time is random within the first six hours of the epoch
 * and never depends on what was spent (privacy L6). A refill is due at once in a wallet's first epoch, after an epoch
 * without any refill, and when a clock that was ahead has been corrected.
 *
 * @param stored - the schedule in the wallet
 * @param epoch - start of the current epoch
 */
export function scheduleFor(
  stored: Schedule | undefined,
  epoch: UnixSeconds,
  options: ScheduleOptions,
): Schedule {
  const { now, epochSeconds, batches, random } = options;
  const atOnce = { epoch, dueAt: now, left: batches };
  if (stored === undefined) return atOnce;
  const spread = Math.max(1, Math.floor(Math.min(SPREAD, epochSeconds / 4)));
  if (stored.epoch === epoch) {
    const latest = Math.max(epoch + spread, now + 3 * leastRetry(epochSeconds));
    return stored.dueAt > latest ? { ...stored, dueAt: now } : stored; // set by a clock that was ahead
  }
  if (stored.epoch === epoch - epochSeconds) {
    return { epoch, dueAt: epoch + randomBelow(spread, random), left: batches };
  }
  // If the clock was set back across the start of an epoch by a little, nothing is refilled twice.
  const nearlyThere = stored.epoch > epoch && stored.epoch <= now + graceSeconds(epochSeconds);
  return nearlyThere ? stored : atOnce;
}

/** When to retry a failed refill: in five to fifteen minutes, or the same share of a short epoch. */
export function retryTime(now: UnixSeconds, epochSeconds: number, random: Random): UnixSeconds {
  const least = leastRetry(epochSeconds);
  return now + least + randomBelow(2 * least, random);
}

const leastRetry = (epochSeconds: number): number =>
  Math.max(1, Math.floor(Math.min(300, epochSeconds / 48)));

/** Until when a stored request counts as in flight; null if it does not. A time in the future was written by a clock that was ahead. */
export function inFlightUntil(
  now: UnixSeconds,
  stored: { readonly sentAt: UnixSeconds | null } | null | undefined,
): UnixSeconds | null {
  const sentAt = stored?.sentAt ?? null;
  if (sentAt === null) return null;
  const age = now - sentAt;
  return age >= 0 && age < IN_FLIGHT_SECONDS ? sentAt + IN_FLIGHT_SECONDS : null;
}

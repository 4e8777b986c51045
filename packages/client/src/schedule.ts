import type { Random, UnixSeconds } from '@sotto/wire';
import { randomBelow } from './platform.ts';
import type { Schedule } from './wallet/state.ts';

const SPREAD = 21_600; // seconds after the start of an epoch, but at most a quarter of it

/**
 * When the tokens of a service are refilled in this epoch. The time is random within the first six hours of the epoch
 * and never depends on what was spent (privacy L6). A refill is due at once in a wallet's first epoch, after an epoch
 * without any refill, and when a clock that was more than an epoch wrong has been corrected.
 *
 * @param stored - the schedule in the wallet
 * @param epoch - start of the current epoch
 */
export function scheduleFor(
  stored: Schedule | undefined,
  epoch: UnixSeconds,
  options: {
    readonly now: UnixSeconds;
    readonly epochSeconds: number;
    readonly batches: number;
    readonly random: Random;
  },
): Schedule {
  const { now, epochSeconds, batches, random } = options;
  const distance = stored === undefined ? Infinity : Math.abs(stored.epoch - epoch);
  if (stored === undefined || distance > epochSeconds) return { epoch, dueAt: now, left: batches };
  if (stored.epoch >= epoch) return stored; // if the clock was set back a little, nothing is refilled twice
  const spread = Math.max(1, Math.floor(Math.min(SPREAD, epochSeconds / 4)));
  return { epoch, dueAt: epoch + randomBelow(spread, random), left: batches };
}

/** When to retry a failed refill: in five to fifteen minutes, or the same share of a short epoch. */
export function retryTime(now: UnixSeconds, epochSeconds: number, random: Random): UnixSeconds {
  const least = Math.max(1, Math.floor(Math.min(300, epochSeconds / 48)));
  return now + least + randomBelow(2 * least, random);
}

import type { Random, UnixSeconds } from '@sotto/wire';
import { below } from './platform.ts';
import type { Schedule } from './wallet/state.ts';

const SPREAD = 21_600; // seconds after the start of an epoch, or a quarter of one

/**
 * When a service's tokens are drawn in this epoch. Chosen once, by chance and the calendar, and never by what
 * was spent (privacy L6): at once in a wallet's first epoch, after one slept through, and once a clock that ran days ahead
 * is right; else in the epoch's first six hours.
 */
export function scheduleFor(
  kept: Schedule | undefined,
  epoch: UnixSeconds,
  options: {
    readonly now: UnixSeconds;
    readonly epochSeconds: number;
    readonly batches: number;
    readonly random: Random;
  },
): Schedule {
  const { now, epochSeconds, batches, random } = options;
  const apart = kept === undefined ? Infinity : Math.abs(kept.epoch - epoch);
  if (kept === undefined || apart > epochSeconds) return { epoch, dueAt: now, left: batches };
  if (kept.epoch >= epoch) return kept; // a clock set back a little draws nothing twice
  const spread = Math.max(1, Math.floor(Math.min(SPREAD, epochSeconds / 4)));
  return { epoch, dueAt: epoch + below(spread, random), left: batches };
}

/** When to try again after no answer came: in five to fifteen minutes, or a like share of a short epoch. */
export function postponed(now: UnixSeconds, epochSeconds: number, random: Random): UnixSeconds {
  const least = Math.max(1, Math.floor(Math.min(300, epochSeconds / 48)));
  return now + least + below(2 * least, random);
}

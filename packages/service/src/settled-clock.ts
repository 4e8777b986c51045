import type { UnixSeconds } from '@sotto/wire';

/** The clocks that {@link settledClock} reads. */
export interface SettledClockDeps {
  /** The clock of the machine, which may be set. */
  readonly now: () => UnixSeconds;
  /** Seconds since some moment, by a timer that cannot be set. */
  readonly elapsed: () => number;
  readonly windowSeconds: number;
}

/**
 * A clock for deletions: the earliest reading of the last `windowSeconds`. A clock that is ahead for less than that
 * deletes nothing. It is null until there are readings of that long, so it must be read regularly.
 */
export function settledClock({ now, elapsed, windowSeconds }: SettledClockDeps): () => UnixSeconds | null {
  let readings: { readonly at: number; readonly now: UnixSeconds }[] = [];
  return () => {
    const at = elapsed();
    readings.push({ at, now: now() });
    // The last reading before the window stays: it is what the clock showed when the window began.
    const first = readings.findLastIndex((reading) => reading.at <= at - windowSeconds);
    if (first === -1) return null;
    readings = readings.slice(first);
    return Math.min(...readings.map((reading) => reading.now));
  };
}

import type { UnixSeconds } from '@sotto/wire';

/** What a steady clock is made of. */
export interface SteadyClockDeps {
  /** The clock of the machine, which may be set. */
  readonly now: () => UnixSeconds;
  /** Seconds since some moment, by a timer that nobody can set. */
  readonly elapsed: () => number;
  /** How long a step must last before this clock follows it. */
  readonly windowSeconds: number;
}

const TOLERANCE = 2; // seconds: the clock is read in whole seconds, and may be adjusted slowly

/**
 * The clock of the machine, except for a step that does not last: meanwhile it goes on by the timer. A clock that is
 * wrong for one request, or for less than the window, moves nothing.
 */
export function steadyClock({ now, elapsed, windowSeconds }: SteadyClockDeps): () => UnixSeconds {
  let accepted = { now: now(), at: elapsed() };
  let step: { readonly offset: number; readonly since: number } | null = null;
  return () => {
    const reading = { now: now(), at: elapsed() };
    const expected = accepted.now + (reading.at - accepted.at);
    const offset = reading.now - expected;
    if (Math.abs(offset) > TOLERANCE) {
      if (step === null || Math.abs(offset - step.offset) > TOLERANCE) step = { offset, since: reading.at };
      if (reading.at - step.since < windowSeconds) return Math.floor(expected);
    }
    step = null;
    accepted = reading;
    return reading.now;
  };
}

import { afterAll, beforeAll, beforeEach, vi } from 'vitest';

/** The time of the tests that need a clock, in Unix seconds: noon of a day, so that no epoch ends while they run. */
export const CLOCK = Math.floor(1_800_000_000 / 86_400) * 86_400 + 43_200;

/** Sets the clock of a file to `CLOCK`, again before each test. Timers stay real. */
export function useFixedClock(): void {
  const set = (): void => void vi.useFakeTimers({ toFake: ['Date'], now: CLOCK * 1000 });
  beforeAll(set);
  beforeEach(set);
  afterAll(() => void vi.useRealTimers());
}

/** Moves the clock of the running test forward. */
export const passSeconds = (seconds: number): void => void vi.setSystemTime(Date.now() + seconds * 1000);

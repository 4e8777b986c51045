import { expect, test } from 'vitest';
import { settledClock } from '../src/settled-clock.ts';

/** A clock that is read once a minute, with its error in seconds at each reading. */
function readings(errors: readonly number[], windowSeconds = 600): (number | null)[] {
  let minute = 0;
  const clock = settledClock({
    now: () => 1_000_000 + minute * 60 + (errors[minute] ?? 0),
    elapsed: () => 5 + minute * 60,
    windowSeconds,
  });
  return errors.map((_, i) => {
    minute = i;
    const reading = clock();
    return reading === null ? null : reading - 1_000_000 - minute * 60;
  });
}

const right = (count: number): number[] => Array.from({ length: count }, () => 0);

test('settledClock: is null until it has been read for the whole window, then as old as the window', () => {
  expect(readings(right(13))).toEqual([...Array.from({ length: 10 }, () => null), -600, -600, -600]);
});

test('settledClock: N24 never runs ahead if the clock is ahead for less than the window', () => {
  const day = 86_400;
  for (const ahead of [1, 5, 9]) {
    const errors = [...right(20), ...Array.from({ length: ahead }, () => 3 * day), ...right(20)];
    for (const reading of readings(errors).slice(10)) expect(reading).toBeLessThanOrEqual(0);
  }
});

test('settledClock: follows a clock that was set forward permanently, after the window', () => {
  const errors = [...right(12), ...Array.from({ length: 12 }, () => 3600)];
  expect(readings(errors).at(-1)).toBe(3600 - 600);
  expect(readings(errors).at(-3)).toBeLessThan(0);
});

test('settledClock: follows a clock that was set back at once', () => {
  expect(readings([...right(12), -3600]).at(-1)).toBe(-3600);
});

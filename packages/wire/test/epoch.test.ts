import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  acceptedUntil,
  DAY,
  destroyedAt,
  epochIndexAt,
  epochStartAt,
  graceSeconds,
  lastOfPeriod,
  monotonicClock,
  usableEpochs,
  voucherEpochs,
  voucherWindow,
} from '../src/index.ts';

test('epoch index and start: change exactly at the boundary', () => {
  expect([DAY - 1, DAY, 2 * DAY - 1, 2 * DAY].map((now) => epochIndexAt(now, DAY))).toEqual([0, 1, 1, 2]);
  expect([DAY - 1, DAY, 2 * DAY - 1].map((now) => epochStartAt(now, DAY))).toEqual([0, DAY, DAY]);
});

test('grace: is 300 s, and half an epoch if that is less', () => {
  expect([1, 60, 600, 601, DAY].map(graceSeconds)).toEqual([0.5, 30, 300, 300, 300]);
});

test('destruction: follows two epochs and the grace after the start', () => {
  expect(acceptedUntil(DAY, DAY)).toBe(3 * DAY);
  expect(destroyedAt(DAY, DAY)).toBe(3 * DAY + 300);
});

test.each([1, 2, 60, DAY])(
  'usable epochs: with epochs of %i s, cover acceptance and the grace on both sides',
  (E) => {
    const index = 1000;
    const start = index * E;
    const last = acceptedUntil(start, E) - 1;
    for (const now of [start, start + E, last, last + Math.floor(graceSeconds(E))]) {
      const { from, to } = usableEpochs(now, E);
      expect([from <= index, index <= to]).toEqual([true, true]);
    }
    expect(usableEpochs(Math.ceil(destroyedAt(start, E)), E).from).toBeGreaterThan(index);
    expect(usableEpochs(start - Math.ceil(graceSeconds(E)) - 1, E).to).toBeLessThan(index);
  },
);

test('usable epochs: contain every epoch that is not destroyed and has begun', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: DAY }), fc.integer({ min: 0, max: 1e10 }), (E, now) => {
      const { from, to } = usableEpochs(now, E);
      expect(now).toBeLessThan(destroyedAt(from * E, E));
      expect(now).toBeGreaterThanOrEqual(destroyedAt((from - 1) * E, E));
      expect(to).toBeGreaterThanOrEqual(epochIndexAt(now, E));
    }),
  );
});

test('monotonic clock: never runs backwards when the clock below it does', () => {
  let now = 100;
  const clock = monotonicClock(() => now);
  const seen: number[] = [];
  for (const next of [100, 90, 101, 5, 102]) {
    now = next;
    seen.push(clock());
  }
  expect(seen).toEqual([100, 100, 101, 101, 102]);
});

test('vouchers: the number of epochs follows from the date, the rest of the period, and in the window the next one too', () => {
  const count = (epochIndex: number) => voucherEpochs(epochIndex, 7);
  expect([0, 1, 2, 3, 4, 5, 6, 7].map(count)).toEqual([7, 6, 5, 4, 3, 9, 8, 7]);
  expect([1, 2, 4, 5, 7, 28].map(voucherWindow)).toEqual([1, 1, 1, 2, 2, 7]);
  expect(voucherEpochs(9, 1)).toBe(2);
  expect([13, 14, 20].map((epochIndex) => lastOfPeriod(epochIndex, 7))).toEqual([13, 20, 20]);
});

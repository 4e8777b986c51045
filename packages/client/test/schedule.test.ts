import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { randomBelow, timerSleep } from '../src/platform.ts';
import { takeToken } from '../src/wallet/tokens.ts';
import { retryTime, scheduleFor } from '../src/schedule.ts';
import { emptyState, type Schedule } from '../src/index.ts';
import { DAY, seeded, START } from './support/world.ts';

const options = (now: number, seed = 'schedule') => ({
  now,
  epochSeconds: DAY,
  batches: 2,
  random: seeded(seed),
});

describe('L6 refill schedule', () => {
  test('is chosen once per epoch', () => {
    const before = { epoch: START - DAY, dueAt: START - DAY, left: 0 };
    const chosen = scheduleFor(before, START, options(START, 'a'));
    expect(scheduleFor(chosen, START, options(START + 80_000, 'b'))).toBe(chosen);
    expect(scheduleFor(chosen, START - DAY, options(START - 1, 'b'))).toBe(chosen); // a clock set back
  });

  test('due times spread over the first six hours, or a quarter of a short epoch', () => {
    const before = { epoch: START - DAY, dueAt: START - DAY, left: 0 };
    const dues = Array.from(
      { length: 500 },
      (_, i) => scheduleFor(before, START, options(START, `${i}`)).dueAt - START,
    );
    expect(Math.min(...dues)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...dues)).toBeLessThan(21_600);
    const hours = [0, 1, 2, 3, 4, 5].map((h) => dues.filter((due) => Math.floor(due / 3600) === h).length);
    expect(Math.min(...hours)).toBeGreaterThan(50); // 83 expected of each
    const short = scheduleFor({ epoch: 96, dueAt: 96, left: 0 }, 100, { ...options(100), epochSeconds: 4 });
    expect(short.dueAt).toBe(100);
  });

  test('retryTime: between one second and fifteen minutes later', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: DAY }), fc.string(), (epochSeconds, seed) => {
        const later = retryTime(START, epochSeconds, seeded(seed)) - START;
        expect(later).toBeGreaterThanOrEqual(1);
        expect(later).toBeLessThan(901);
      }),
    );
  });
});

test('timerSleep: caps a wait at the longest timeout of a timer', async () => {
  const timers = vi.spyOn(globalThis, 'setTimeout');
  void timerSleep(30 * DAY, true);
  expect(timers.mock.calls[0]?.[1]).toBe(2 ** 31 - 1); // milliseconds; more would end at once
  timers.mockRestore();
});

test('randomBelow: uniform and in range', () => {
  const random = seeded('below');
  const drawn = Array.from({ length: 5000 }, () => randomBelow(5, random));
  const counts = [0, 1, 2, 3, 4].map((n) => drawn.filter((one) => one === n).length);
  expect(Math.min(...counts)).toBeGreaterThan(880);
  expect(counts.reduce((a, b) => a + b)).toBe(5000);
  const fills = [255, 0];
  const high = (length: number) => new Uint8Array(length).fill(fills.shift() ?? 1);
  expect(randomBelow(3, high)).toBe(0); // 2^32 - 1 is beyond the last whole multiple of three, so another number is generated
});

/** People with habits: each searches a few times around their own hour, every day. */
function population(drawAt: (user: number, day: number, firstSearch: number) => number): [number, number][] {
  const pairs: [number, number][] = [];
  const random = seeded('population');
  for (let user = 0; user < 400; user++) {
    const habit = 6.5 * 3600 + randomBelow(17 * 3600, random);
    for (let day = 2; day < 4; day++) {
      const start = START + day * DAY;
      const first = start + habit + randomBelow(1800, random);
      const drawn = drawAt(user, day, first);
      pairs.push([Math.floor((drawn - start) / 3600), Math.floor((first - start) / 3600)]);
    }
  }
  return pairs;
}

function counted(keys: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}

/** Mutual information of two columns, in bits. */
function mutual(rows: readonly (readonly [number, number])[]): number {
  const left = counted(rows.map(([a]) => `${a}`));
  const right = counted(rows.map(([, b]) => `${b}`));
  let bits = 0;
  for (const [key, k] of counted(rows.map(String))) {
    const [a = '', b = ''] = key.split(',');
    bits += (k / rows.length) * Math.log2((k * rows.length) / ((left.get(a) ?? 1) * (right.get(b) ?? 1)));
  }
  return bits;
}

/** The same, less the value of shuffled columns, which is the bias of a sample of this size. */
function information(pairs: readonly (readonly [number, number])[]): number {
  const random = seeded('shuffle');
  const deck = pairs.map(([, b]) => b);
  const dealt = pairs.map(([a]) => [a, deck.splice(randomBelow(deck.length, random), 1)[0] ?? 0] as const);
  return mutual(pairs) - mutual(dealt);
}

describe('L6 issuer that sees refill and redemption times of a population', () => {
  test('the refill time reveals less than 0.1 bit about the time of searching', () => {
    const random = seeded('draws');
    const kept = new Map<number, Schedule>();
    const pairs = population((user, day) => {
      const epoch = START + day * DAY;
      const before = kept.get(user) ?? { epoch: epoch - DAY, dueAt: epoch - DAY, left: 0 };
      const schedule = scheduleFor(before, epoch, { now: epoch, epochSeconds: DAY, batches: 1, random });
      kept.set(user, schedule);
      return schedule.dueAt;
    });
    expect(Math.abs(information(pairs))).toBeLessThan(0.1);
  });

  test('the measure detects a client that refills when it searches', () => {
    expect(information(population((_user, _day, first) => first))).toBeGreaterThan(2);
  });
});

test('L6 takeToken: never takes a token that has not rested', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 2000 }), { minLength: 1, maxLength: 20 }),
      fc.string(),
      (ages, seed) => {
        const now = START + 5000;
        const state = emptyState();
        for (const [i, age] of ages.entries()) {
          state.tokens.push({
            service: 'stickers',
            epoch: START,
            issuedAt: now - age,
            token: Uint8Array.of(i),
          });
        }
        const request = { identity: new Uint8Array(16), random: seeded(seed) };
        const taken = takeToken(state, 'stickers', { now, epochSeconds: DAY, restSeconds: 900 }, request);
        const age = 'token' in taken ? now - (state.pending.at(-1)?.issuedAt ?? 0) : null;
        const rested = ages.filter((one) => one >= 900);
        expect(age === null ? rested : rested.includes(age)).toEqual(age === null ? [] : true);
      },
    ),
  );
});

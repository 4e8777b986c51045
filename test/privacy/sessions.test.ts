import { describe, expect, test } from 'vitest';
import { scheduleFor } from '../../packages/client/src/schedule.ts';
import { seeded } from '../support/seeded.ts';
import { mutualInformation } from './play.ts';

const DAY = 86_400; // seconds
const HOUR = 3600;
const MINUTE = 60;
const PEOPLE = 1500;
const DAYS = 6; // the first has no schedule yet and is not measured

interface Session {
  readonly from: number;
  readonly to: number;
}
interface Habit {
  /** The sessions of one day, in order; the client runs only in them. */
  readonly sessions: (day: number, uniform: (below: number) => number) => Session[];
  /** Share of sessions with a search. */
  readonly searching: number;
}

const sessions = (count: number, minutes: number, searching = 1): Habit => ({
  sessions: (day, uniform) =>
    Array.from({ length: count }, () => day + uniform(DAY - minutes * MINUTE))
      .toSorted((a, b) => a - b)
      .map((from) => ({ from, to: from + minutes * MINUTE })),
  searching,
});

const once = sessions(1, 40);
const twice = sessions(2, 20, 2 / 3);
const alwaysOn: Habit = { sessions: (day) => [{ from: day, to: day + DAY - 1 }], searching: 1 };

function generator(seed: number) {
  const next = seeded(seed);
  return {
    uniform: (below: number) => next() * below,
    random: (length: number) => Uint8Array.from({ length }, () => Math.floor(next() * 256)),
  };
}

/**
 * Lets a person use the client for some days. It refills when a batch is due, as soon as a session allows, and the person
 * searches in a share of the sessions, at a random moment.
 *
 * @returns for each day with both, the hour of issuance and the hour of the first search
 */
function hoursOf(habit: Habit, seed: number): [issued: number, searched: number][] {
  const { uniform, random } = generator(seed);
  const hours: [number, number][] = [];
  let schedule: ReturnType<typeof scheduleFor> | undefined;
  for (let day = 0; day < DAYS * DAY; day += DAY) {
    const today = habit.sessions(day, uniform);
    const now = today[0]?.from ?? day;
    schedule = scheduleFor(schedule, day, { now, epochSeconds: DAY, batches: 1, random });
    const { dueAt } = schedule;
    const refill = today.find(({ to }) => to >= dueAt);
    const search = today.find(() => uniform(1) < habit.searching);
    if (refill === undefined || search === undefined || day === 0) continue;
    const issuedAt = Math.max(dueAt, refill.from);
    const searchedAt = search.from + uniform(search.to - search.from);
    hours.push([Math.floor((issuedAt - day) / HOUR), Math.floor((searchedAt - day) / HOUR)]);
  }
  return hours;
}

/** Bits between the two hours, less what the estimator shows when the searches are shuffled among the people. */
function bits(habit: Habit): number {
  const pairs = Array.from({ length: PEOPLE }, (_, person) => hoursOf(habit, person + 1)).flat();
  const { uniform } = generator(7);
  const searched = pairs.map(([, hour]) => ({ hour, key: uniform(1) })).toSorted((a, b) => a.key - b.key);
  const shuffled = pairs.map(([issued], i) => [issued, searched[i]?.hour ?? 0] as const);
  return mutualInformation(pairs) - mutualInformation(shuffled);
}

describe('N05 mutual information of the hours of issuance and first search', () => {
  test('N05 a client that is open once for forty minutes a day shows about 3.5 bits', () => {
    const figure = bits(once);
    expect(figure).toBeGreaterThan(3);
    expect(figure).toBeLessThan(3.7);
  });
  test('N05 a client that is open twice for twenty minutes a day shows about 1.9 bits', () => {
    const figure = bits(twice);
    expect(figure).toBeGreaterThan(1.7);
    expect(figure).toBeLessThan(2.2);
  });
  test('N05 a client that is always on shows less than 0.1 bits', () => {
    expect(bits(alwaysOn)).toBeLessThan(0.1);
  });
});

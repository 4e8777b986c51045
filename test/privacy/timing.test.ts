import { expect, test } from 'vitest';
import { takeToken } from '../../packages/client/src/wallet/tokens.ts';
import { scheduleFor } from '../../packages/client/src/schedule.ts';
import { seeded } from '../../packages/client/test/support/random.ts';
import { emptyState, type StoredToken } from '@sotto/client';
import { mutualInformation } from './play.ts';

const DAY = 86_400;
const HOUR = 3600;
const PEOPLE = 6000;
const BIAS = 0.02; // bits that a table of this size shows of two columns that know nothing of each other

/** When somebody draws, and when they first spend a token of that drawing; in hours of the day. */
type Life = (person: number, searches: readonly number[]) => readonly [drawn: number, spent: number] | null;

const random = seeded('population');
const uniform = (below: number): number => (new DataView(random(4).buffer).getUint32(0) / 2 ** 32) * below;

/** People who search a few times on the second of two days, at hours of their own. */
function population(life: Life): number {
  const pairs = [];
  for (let person = 0; person < PEOPLE; person++) {
    const searches = Array.from({ length: 3 }, () => DAY + uniform(DAY)).toSorted((a, b) => a - b);
    const lived = life(person, searches);
    if (lived !== null) pairs.push([Math.floor(lived[0] / HOUR), Math.floor(lived[1] / HOUR)] as const);
  }
  return mutualInformation(pairs);
}

const token = (issuedAt: number): StoredToken => ({
  service: 'stickers',
  epoch: Math.floor(issuedAt / DAY) * DAY,
  issuedAt,
  token: new Uint8Array(162),
});
const view = (now: number, restSeconds: number) => ({ now, epochSeconds: DAY, restSeconds });
const request = { random, fingerprintOf: () => new Uint8Array(32) };

/** Our client: drawn by its schedule, rested, taken at random from two days' tokens. */
const scheduled: Life = (_person, searches) => {
  const options = { epochSeconds: DAY, batches: 1, random };
  const first = scheduleFor(undefined, 0, { now: uniform(DAY), ...options });
  const second = scheduleFor(first, DAY, { now: DAY, ...options });
  const state = emptyState();
  state.tokens.push(...Array.from({ length: 30 }, () => token(first.dueAt)));
  for (const at of searches) {
    if (at >= second.dueAt && !state.tokens.some(({ issuedAt }) => issuedAt === second.dueAt)) {
      state.tokens.push(...Array.from({ length: 30 }, () => token(second.dueAt)));
    }
    const taken = takeToken(state, 'stickers', view(at, 900), request);
    if ('token' in taken && taken.token.issuedAt === second.dueAt) return [second.dueAt, at];
  }
  return null;
};

/** A leaky client: draws when it searches, and spends at once. */
const onDemand: Life = (_person, searches) => {
  const [at = 0] = searches;
  const state = emptyState();
  state.tokens.push(token(at));
  const taken = takeToken(state, 'stickers', view(at, 0), request);
  return 'token' in taken ? [at, at] : null;
};

test('G-timing: when a token was drawn tells next to nothing of when it is spent', () => {
  expect(population(scheduled)).toBeLessThan(0.35 + BIAS);
});

test('G-timing: a build that draws on demand is caught', () => {
  expect(population(onDemand)).toBeGreaterThan(2);
});

test('a table of this size shows little of columns that know nothing of each other', () => {
  expect(population(() => [uniform(6 * HOUR), uniform(DAY)])).toBeLessThan(BIAS + 0.02);
});

import { expect, test } from 'vitest';
import { takeToken } from '../../packages/client/src/wallet/tokens.ts';
import { scheduleFor } from '../../packages/client/src/schedule.ts';
import { seeded } from '../../packages/client/test/support/random.ts';
import { emptyState, type StoredToken } from '@sotto/client';
import { mutualInformation } from './play.ts';

const DAY = 86_400;
const HOUR = 3600;
const PEOPLE = 6000;
const BIAS = 0.02; // bits that this estimator shows for independent columns of this size

/** When a client gets a batch, and when it first spends a token of it; in seconds. */
type Life = (person: number, searches: readonly number[]) => readonly [issued: number, spent: number] | null;

const random = seeded('population');
const uniform = (below: number): number => (new DataView(random(4).buffer).getUint32(0) / 2 ** 32) * below;

/** People who search three times on the second of two days, at random times. */
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
const request = { random, identity: new Uint8Array(32) };

/** Our client: issuance by schedule, tokens rest, and are taken at random from those of two days. */
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
    if ('token' in taken && state.pending.at(-1)?.issuedAt === second.dueAt) return [second.dueAt, at];
  }
  return null;
};

/** A leaky client: gets a batch when it searches, and spends at once. */
const onDemand: Life = (_person, searches) => {
  const [at = 0] = searches;
  const state = emptyState();
  state.tokens.push(token(at));
  const taken = takeToken(state, 'stickers', view(at, 0), request);
  return 'token' in taken ? [at, at] : null;
};

test('G-timing: a client that is always on shows less than 0.37 bits between the hours of issuance and first search', () => {
  expect(population(scheduled)).toBeLessThan(0.35 + BIAS);
});

test('G-timing: catches a client that requests tokens on demand', () => {
  expect(population(onDemand)).toBeGreaterThan(2);
});

test('G-timing: the estimator shows little for independent columns', () => {
  expect(population(() => [uniform(6 * HOUR), uniform(DAY)])).toBeLessThan(BIAS + 0.02);
});

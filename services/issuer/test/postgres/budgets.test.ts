// Budgets and queues of several processes over one database: which hold over all of them, and which are of each (docs/how-to/scale.md).
import { expect, test } from 'vitest';
import type { World } from '../support/world.ts';
import { processes, postgresWorld } from './support.ts';

const PROCESSES = 4;

const service = (more: object): { readonly vars: Readonly<Record<string, string>> } => ({
  vars: {
    SERVICES: JSON.stringify([
      { name: 'stickers', types: [5], batch: [1, 5, 30], quota: { default: 30 }, ...more },
    ]),
  },
});

async function worldsOf(count: number, more: object = {}): Promise<World[]> {
  return (await processes(count)).map((store) => postgresWorld(store, service(more)));
}

/** Sends a batch of its own, and returns the status. */
async function draw(world: World, account: string, count: number): Promise<number> {
  const { pending } = await world.blind(count);
  return (await world.post(pending.contentType, pending.request, account)).status;
}

const countOf = (statuses: readonly number[], status: number): number =>
  statuses.filter((one) => one === status).length;

test('an account that asks four processes at once gets its quota once', async () => {
  const worlds = await worldsOf(PROCESSES);
  const [first] = worlds;
  const four = (world: World): Promise<number>[] => Array.from({ length: 4 }, () => draw(world, 'ada', 5));
  const statuses = await Promise.all(worlds.flatMap(four)); // 80 tokens for a quota of 30
  expect([countOf(statuses, 200), countOf(statuses, 429)]).toEqual([6, 10]);
  expect(first && (await draw(first, 'bob', 5))).toBe(200);
});

test('four processes together stay under the ceiling of a key, and lose at most one block each', async () => {
  const ceiling = 2000;
  const worlds = await worldsOf(PROCESSES, { ceiling, batch: [1] });
  const block = ceiling / 1000;
  const reserved = await Promise.all(
    worlds.map(async ({ issuer }) => {
      const [key] = (await issuer.deps.authority.snapshot()).keys;
      if (key === undefined) throw new Error('no key');
      let count = 0;
      while (await issuer.issuing.limiter.reserve({ keyId: key.keyId, ceiling }, 1)) count++;
      return count;
    }),
  );
  const total = reserved.reduce((sum, count) => sum + count, 0);
  expect(total).toBeLessThanOrEqual(ceiling);
  expect(total).toBeGreaterThanOrEqual(ceiling - PROCESSES * block);
});

test('a request beyond the ceiling is refused by every process, even if other processes used the ceiling up', async () => {
  const worlds = await worldsOf(PROCESSES, { ceiling: 10, batch: [1] });
  const three = (world: World, i: number): Promise<number>[] =>
    Array.from({ length: 3 }, (_, j) => draw(world, `account ${i} ${j}`, 1));
  const statuses = await Promise.all(worlds.flatMap(three));
  expect([countOf(statuses, 200), countOf(statuses, 503)]).toEqual([10, 2]);
  for (const world of worlds) expect(await draw(world, 'late', 1)).toBe(503);
});

test('the queue is of each process: one that is full refuses with 503 while another one issues', async () => {
  const [full, free] = (await worldsOf(2)) as [World, World];
  const { pending } = await full.blind(30);
  const flooded = { now: true };
  const flood = Promise.all(
    Array.from({ length: 100 }, async (_, i) => {
      const { status } = await full.post(pending.contentType, pending.request, `account ${i}`);
      return status;
    }),
  ).finally(() => {
    flooded.now = false;
  });
  const others: number[] = [];
  while (flooded.now) others.push(await draw(free, `other ${others.length}`, 5));
  const statuses = await flood;
  expect(countOf(statuses, 200) + countOf(statuses, 503)).toBe(100);
  expect(countOf(statuses, 503)).toBeGreaterThan(0);
  expect(countOf(statuses, 200)).toBeGreaterThanOrEqual(32); // all that were in the queue
  expect([...new Set(others)]).toEqual([200]);
});

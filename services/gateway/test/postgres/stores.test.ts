import { migratePostgres, type PostgresStore } from '@sotto/service/postgres';
import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { freshSchema, inTurn, open } from '../../../../test/support/postgres-tests.ts';
import { MIGRATIONS } from '../../src/postgres/migrations.ts';
import { postgresStores } from '../../src/postgres/stores.ts';
import { random } from '../support/gateway.ts';
import { keyStoreContract, replayStoreContract } from '../support/store-contract.ts';

/** Stores of this many processes over one new schema. */
async function processes(count: number): Promise<[PostgresStore, ...PostgresStore[]]> {
  const settings = await freshSchema();
  const stores = Array.from({ length: count }, () => open(settings));
  await Promise.all(stores.map((store) => migratePostgres(store, MIGRATIONS)));
  return stores as [PostgresStore, ...PostgresStore[]];
}
const noSleep = async (): Promise<void> => {};

keyStoreContract('PostgreSQL, four processes in turn', async () =>
  inTurn((await processes(4)).map((store) => postgresStores(store, noSleep, 1000).keys)),
);
replayStoreContract('PostgreSQL', async () => {
  const [store] = await processes(1);
  return postgresStores(store, noSleep, 3).replays;
});

test('PostgreSQL replays: of two processes that admit the same envelopes, one says first', async () => {
  const [a, b] = (await processes(2)).map((store) => postgresStores(store, noSleep, 1000).replays);
  const envelopes = Array.from({ length: 100 }, () => random(32));
  const verdicts = await Promise.all(
    envelopes.map(async (one) => Promise.all([a?.admit(one, 2000, 1000), b?.admit(one, 2000, 1000)])),
  );
  expect(new Set(verdicts.map((both) => both.toSorted().join(' ')))).toEqual(new Set(['first replayed']));
});

test('PostgreSQL keys: an epoch that is destroyed while it is added does not come back', async () => {
  const [a, b] = (await processes(2)).map((store) => postgresStores(store, noSleep, 1000).keys);
  for (let epochIndex = 1; epochIndex <= 30; epochIndex++) {
    const epoch = { epochIndex, tagKey: random(32), keys: [] };
    await Promise.all([
      a?.add([epoch]),
      b?.destroy(epochIndex + 1),
      a?.offer([{ epochIndex, bundle: random(8) }]),
    ]);
    await a?.add([epoch]);
  }
  expect(await a?.epochs(0, 1000)).toEqual([]);
  expect(await a?.bundles(0, 1000)).toEqual([]);
});

test('PostgreSQL keys: while epochs are added and destroyed, none is seen without its keys', async () => {
  const [writer, reader] = (await processes(2)).map((store) => postgresStores(store, noSleep, 1000).keys);
  const keys = [1, 2].map((kemId) => ({ kemId, keyId: kemId, publicKey: random(32), wrapped: random(32) }));
  const progress = { isDone: false };
  const seen: number[] = [];
  const reading = (async () => {
    while (!progress.isDone)
      seen.push(...((await reader?.epochs(0, 1000)) ?? []).map((epoch) => epoch.keys.length));
  })();
  for (let epochIndex = 1; epochIndex <= 40 || seen.length === 0; epochIndex++) {
    await writer?.add([{ epochIndex, tagKey: random(32), keys }]);
    if (epochIndex % 10 === 0) await writer?.destroy(epochIndex);
  }
  progress.isDone = true;
  await reading;
  expect(new Set(seen)).toEqual(new Set([2]));
});

test('N24 PostgreSQL replays: an envelope that was deleted is not admitted again, also not by a statement from before the deletion', async () => {
  const [store] = await processes(1);
  const waits: { milliseconds: number; rows: number; through: number }[] = [];
  const replays = postgresStores(
    store,
    async (milliseconds) => {
      const [row] = (
        await store.db.execute(
          sql`select (select count(*)::integer from envelopes) as rows, through::integer from forgotten`,
        )
      ).rows as { rows: number; through: number }[];
      if (row !== undefined) waits.push({ milliseconds, ...row });
    },
    1000,
  );
  const [seen, later] = [random(32), random(32)];
  expect(await replays.replays.admit(seen, 2000, 1000)).toBe('first');
  expect(await replays.replays.admit(later, 2500, 1000)).toBe('first');
  await replays.purge(2001);
  // The expiry is announced first. The row is deleted after every earlier statement has ended.
  expect(waits).toEqual([{ milliseconds: 2500, rows: 2, through: 2000 }]);
  expect(await replays.replays.admit(seen, 2000, 1000)).toBe('expired');
  expect(await replays.replays.admit(later, 2500, 1000)).toBe('replayed');
});

test('PostgreSQL replays: the capacity is of all processes, except for what one does not know of the others yet', async () => {
  const [a, b] = (await processes(2)).map((store) => postgresStores(store, noSleep, 10).replays);
  for (let i = 0; i < 6; i++) await a?.admit(random(32), 2000, 1000);
  const verdicts: (string | undefined)[] = [];
  for (let i = 0; i < 6; i++) verdicts.push(await b?.admit(random(32), 2000, 1001));
  expect(verdicts).toEqual(['first', 'first', 'first', 'first', 'full', 'full']);
  expect(await a?.admit(random(32), 2000, 1001)).toBe('full');
});

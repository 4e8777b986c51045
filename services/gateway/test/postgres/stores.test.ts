import { migratePostgres, type PostgresStore } from '@sotto/service/postgres';
import { expect, test } from 'vitest';
import { freshSchema, inTurn, open } from '../../../../test/support/postgres-tests.ts';
import { MIGRATIONS } from '../../src/postgres/migrations.ts';
import { postgresStores } from '../../src/postgres/stores.ts';
import { random } from '../support/house.ts';
import { keyStoreContract, replayStoreContract } from '../support/store-contract.ts';

/** Stores of as many processes as are asked for, over one new schema. */
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
  const envelopes = Array.from({ length: 200 }, () => random(32));
  const verdicts = await Promise.all(
    envelopes.map(async (one) => Promise.all([a?.admit(one, 2000, 1000), b?.admit(one, 2000, 1000)])),
  );
  expect(new Set(verdicts.map((both) => both.toSorted().join(' ')))).toEqual(new Set(['first replayed']));
});

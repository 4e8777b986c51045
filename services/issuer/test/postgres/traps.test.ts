// Differences between PostgreSQL and SQLite, each caused on a server of its own (specs/storage.md). Restarts
// and promotions: test/postgres.
import { setTimeout as sleep } from 'node:timers/promises';
import { openPostgres, type PostgresStore } from '@sotto/service/postgres';
import { StoreError } from '@sotto/service/store';
import { sql } from 'drizzle-orm';
import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { NO_POSTGRES, startPostgres, type TestServer } from '../../../../test/support/postgres.ts';
import { settingsOf } from '../../../../test/support/postgres-tests.ts';
import { acceptPromotion } from '../../src/postgres/lineage.ts';
import { quotaEpochs } from '../../src/postgres/quota.ts';
import { random } from '../support/wallet.ts';
import { DAY, START, type World } from '../support/world.ts';
import { asAdmin, ledgerOf, oneSpend, openSchema, setStandbys, until } from './server.ts';
import { afterAnotherLineage, ALONE, postgresWorld } from './support.ts';

let server: TestServer;
beforeAll(async () => {
  if (NO_POSTGRES === null) server = await startPostgres();
});
afterEach(async () => {
  if (NO_POSTGRES === null) await setStandbys(server, ''); // also after a failed test
});
afterAll(async () => {
  if (NO_POSTGRES === null) await server.remove();
});

/** The processes of the server whose commit waits for a standby. */
const waiting = () =>
  asAdmin<{ pid: number }>(server, `select pid from pg_stat_activity where wait_event = 'SyncRep'`);

test('a cancelled wait for the standby is an error, although the server reports success', async () => {
  const [store] = await openSchema(server, 1);
  const world = postgresWorld(store);
  const ledger = await ledgerOf(world);
  const { spent } = world.issuer.deps;
  const one = oneSpend();
  await setStandbys(server, 'nobody');
  const spending = spent.spend(ledger, one);
  const message = spending.then(String, (error: Error) => error.message);
  const [backend] = await until(waiting, ({ length }) => length === 1);
  await asAdmin(server, `select pg_cancel_backend(${backend?.pid})`);
  expect(await message).toContain('a commit may be on no standby');

  // The row is visible to everyone. The same call again must not be acknowledged before a standby has it.
  let outcome = 'none yet';
  const again = spent.spend(ledger, one).then((told) => (outcome = told));
  await until(waiting, ({ length }) => length === 1);
  expect(outcome).toBe('none yet');
  await setStandbys(server, '');
  expect(await again).toBe('first');
});

test('after a connection is cut while its commit waits, the call is not acknowledged before a standby has the row', async () => {
  const [store] = await openSchema(server, 1);
  const world = postgresWorld(store);
  const ledger = await ledgerOf(world);
  const { spent } = world.issuer.deps;
  const first = oneSpend();
  expect(await spent.spend(ledger, first)).toBe('first');
  const [one, retry] = [oneSpend(), { ...first, envelope: random(32), call: random(8) }];
  await setStandbys(server, 'nobody');
  const outcomes: string[] = [];
  const calls: Promise<unknown>[] = [];
  for (const [i, spend] of [one, retry].entries()) {
    calls.push(spent.spend(ledger, spend).then((told) => outcomes.push(told)));
    await until(waiting, ({ length }) => length === i + 1); // one batch each
  }
  const backends = await waiting();
  for (const { pid } of backends) await asAdmin(server, `select pg_terminate_backend(${pid})`);
  const areNew = (now: { pid: number }[]): boolean =>
    now.length === 2 && !now.some(({ pid }) => backends.some((old) => old.pid === pid));
  await until(waiting, areNew);
  expect(outcomes).toEqual([]);
  await setStandbys(server, '');
  await Promise.all(calls);
  expect(outcomes.toSorted()).toEqual(['again', 'first']);
});

test('a commit that waits for longer than the deadline is a failure, and its connection is not cut', async () => {
  const [store] = await openSchema(server, 1);
  const ledger = await ledgerOf(postgresWorld(store));
  const [{ search_path: schema } = { search_path: '' }] = (await store.db.execute(sql`show search_path`))
    .rows as {
    search_path: string;
  }[];
  const hasty = openPostgres(settingsOf(server.url, { schema }), {
    sleep: async (milliseconds) => sleep(milliseconds),
    deadline: () => AbortSignal.timeout(300),
  });
  const one = oneSpend();
  await setStandbys(server, 'nobody');
  const { spent } = postgresWorld(hasty).issuer.deps;
  await expect(spent.spend(ledger, one)).rejects.toMatchObject({ name: 'StoreError', code: 'busy' });
  expect(await waiting()).toHaveLength(1);
  await setStandbys(server, '');
  await until(waiting, ({ length }) => length === 0);
  const after = postgresWorld(store).issuer.deps.spent;
  expect(await after.spend(ledger, { ...one, tag: random(32), envelope: random(32) })).toBe('spent');
  await hasty.close();
});

test('a server that loses its synchronous standby redeems nothing, unless that risk is accepted', async () => {
  const [store, other = store] = await openSchema(server, 2);
  const careless = postgresWorld(store);
  const ledger = await ledgerOf(careless);
  const careful = postgresWorld(other, { risks: new Set(['one-cluster']) });
  const refusal = /no synchronous standby any more/;
  await expect(careful.issuer.deps.spent.spend(ledger, oneSpend())).rejects.toThrow(refusal);
  await expect(careful.issuer.deps.authority.snapshot()).rejects.toThrow(refusal);
  expect(await careless.issuer.deps.spent.spend(ledger, oneSpend())).toBe('first');
});

test('batches of rivals in opposite orders never wait for each other', async () => {
  const stores = await openSchema(server, 2);
  const worlds = stores.map((store) => postgresWorld(store)) as [World, World];
  const ledger = await ledgerOf(worlds[0]);
  for (let round = 0; round < 5; round++) {
    const spends = Array.from({ length: 100 }, () => oneSpend());
    const rivals = spends.toReversed().map((one) => ({ ...one, tag: random(32), envelope: random(32) }));
    const outcomes = await Promise.all(
      [
        spends.map((one) => worlds[0].issuer.deps.spent.spend(ledger, one)),
        rivals.map((one) => worlds[1].issuer.deps.spent.spend(ledger, one)),
      ].flat(),
    );
    const firsts = outcomes.filter((outcome) => outcome === 'first');
    expect([firsts.length, outcomes.length]).toEqual([100, 200]);
  }
  // The store would retry after a deadlock, so the server's statistics are read.
  await asAdmin(server, 'select pg_stat_force_next_flush()');
  const [counts] = await asAdmin<{ deadlocks: string }>(
    server,
    'select sum(deadlocks) as deadlocks from pg_stat_database',
  );
  expect(Number(counts?.deadlocks)).toBe(0);
});

test('while keys are retired under load, a token is first or ended, and none is first that was sent after', async () => {
  const stores = await openSchema(server, 2);
  const worlds = stores.map((store) => postgresWorld(store)) as [World, World];
  const ledger = await ledgerOf(worlds[0]);
  let isRetired = false;
  const before: Promise<string>[] = [];
  const after: Promise<string>[] = [];
  const retiring = (async () => {
    await until(
      async () => before.length,
      (sent) => sent >= 200,
    );
    await worlds[1].issuer.retireAll();
    isRetired = true;
  })();
  while (after.length < 100) {
    const outcome = worlds[0].issuer.deps.spent.spend(ledger, oneSpend());
    (isRetired ? after : before).push(outcome);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await retiring;
  expect([...new Set(await Promise.all(after))]).toEqual(['ended']);
  expect((await Promise.all(before)).filter((outcome) => outcome !== 'first' && outcome !== 'ended')).toEqual(
    [],
  );
});

test('while the database is dumped, dead keys wait and new keys do not', async () => {
  const [store] = await openSchema(server, 1);
  const world = postgresWorld(store);
  await world.issuer.runSchedule();
  const epochs = async () => new Set((await world.issuer.deps.authority.list()).map(({ epoch }) => epoch));
  const { rows } = (await store.db.execute(
    sql`select schemaname || '.' || tablename as name from pg_tables where schemaname = current_schema()`,
  )) as unknown as { rows: { name: string }[] };
  const dump = new Client({ connectionString: server.url });
  await dump.connect();
  await dump.query('begin');
  for (const { name } of rows) await dump.query(`lock table ${name} in access share mode`);

  world.clock.now = START + 3 * DAY;
  await world.issuer.runSchedule();
  expect(await epochs()).toContain(START); // dead
  expect(await epochs()).toContain(START + 10 * DAY); // made ahead
  await dump.query('commit');
  await dump.end();
  await world.issuer.runSchedule();
  expect(await epochs()).not.toContain(START);
});

test('quotas of an epoch that is over are dropped after the next snapshot', async () => {
  const [store] = await openSchema(server, 1);
  const world = postgresWorld(store);
  await world.draw(5);
  expect(await store.run(quotaEpochs)).toContain(START);
  world.clock.now = START + 3 * DAY;
  await world.issuer.deps.authority.snapshot();
  expect(await store.run(quotaEpochs)).not.toContain(START);
});

test('K07 retire-all stops issuance at once in a process that still holds the keys', async () => {
  const stores = await openSchema(server, 2);
  const [one, other] = stores.map((store) => postgresWorld(store)) as [World, World];
  await other.draw(1, { account: 'warms its keys' });
  const { pending } = await other.blind(5);
  await one.issuer.retireAll();
  const refused = await other.post(pending.contentType, pending.request, 'bob');
  expect(refused.status).toBe(503);
  expect(refused.headers.get('retry-after')).toBe(new Date((START + DAY) * 1000).toUTCString());
});

test('quotas on another server: are made before the keys, and retired with them', async () => {
  const [store] = await openSchema(server, 1);
  const [quotaStore] = await openSchema(server, 1);
  const world = postgresWorld(store, { quotaStore });
  await world.draw(5);
  const count = async (of: PostgresStore, like: string): Promise<number> =>
    (
      await of.db.execute(
        sql`select 1 from pg_tables where schemaname = current_schema() and tablename like ${like}`,
      )
    ).rows.length;
  expect([await count(quotaStore, 'quotas%'), await count(store, 'quotas%')]).toEqual([8, 0]);
  expect([await count(quotaStore, 'spent%'), await count(store, 'spent%')]).toEqual([0, 24]);
  await world.issuer.retireAll();
  await world.issuer.runSchedule();
  expect([await count(quotaStore, 'quotas%'), await count(store, 'spent%')]).toEqual([7, 21]);
});

test('on another lineage everything is refused until the keys are retired, in processes that hold keys too', async () => {
  // As if these keys were from before a promotion: the server has the next timeline.
  const next = sql`update issuer_state set lineage = split_part(lineage, '/', 1) || '/00000000'`;
  const stores = await openSchema(server, 2);
  expect(await afterAnotherLineage(stores, ({ db }) => db.execute(next))).toBe('first');
});

test('after a promotion an operator may keep the keys; not those of another cluster', async () => {
  const [store, other = store] = await openSchema(server, 2);
  const world = postgresWorld(store);
  const [spentToken, token] = await world.draw(5);
  expect(await world.redeem(spentToken)).toBe('first');
  await store.db.execute(sql`update issuer_state set lineage = split_part(lineage, '/', 1) || '/00000000'`);
  expect(await world.redeem(token)).toBe('unavailable');
  await acceptPromotion(store);
  expect(await world.redeem(token)).toBe('first');
  expect(await world.redeem(spentToken)).toBe('spent');

  await store.db.execute(sql`update issuer_state set lineage = '1234567890/00000001'`); // as in a restored dump
  const trusting = postgresWorld(other, { risks: new Set([...ALONE, 'unattended-promotion']) });
  for (const one of [world, trusting]) expect(await one.redeem(token)).toBe('unavailable');
  await expect(acceptPromotion(store)).rejects.toThrow('PROMOTED: does not hold');
  await expect(trusting.issuer.deps.authority.snapshot()).rejects.toThrow(StoreError);
});

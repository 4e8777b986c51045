import { sql } from 'drizzle-orm';
import { expect, inject, test } from 'vitest';
import { authority } from '../../../../test/support/certificates.ts';
import { freshSchema, open, settingsOf } from '../../../../test/support/postgres-tests.ts';
import { batched, migratePostgres, openPostgres, postgresOperatorStores } from '../../src/postgres/index.ts';
import { atStart, checkServer } from '../../src/postgres/server.ts';
import { NewerSchemaError } from '../../src/migrations.ts';
import { StoreError } from '../../src/store.ts';

const TABLES = {
  one: 'CREATE TABLE counters (cell text PRIMARY KEY, count bigint NOT NULL)--> statement-breakpoint CREATE TABLE x (id integer PRIMARY KEY)',
  two: 'CREATE TABLE operator_acts (id bigserial PRIMARY KEY, at bigint NOT NULL, role text NOT NULL, token text NOT NULL, action text NOT NULL)',
};
const here = (): string => inject('postgres') ?? '';

test('migrations: eight processes that start at the same time apply each once', async () => {
  const settings = await freshSchema();
  await Promise.all(Array.from({ length: 8 }, () => migratePostgres(open(settings), TABLES)));
  const store = open(settings);
  const { rows } = await store.db.execute(sql`select name from sotto_migrations order by name`);
  expect(rows).toEqual([{ name: 'one' }, { name: 'two' }]);
  await expect(migratePostgres(store, { one: TABLES.one })).rejects.toThrow(NewerSchemaError);
});

test('migrations: one that fails changes nothing', async () => {
  const store = open(await freshSchema());
  await expect(migratePostgres(store, { ...TABLES, three: 'CREATE TABEL y ()' })).rejects.toThrow(StoreError);
  const { rows } = await store.db.execute(
    sql`select tablename from pg_tables where schemaname = current_schema()`,
  );
  expect(rows).toEqual([]);
});

test('counters and log: add up over processes, and the log keeps its last thousand acts', async () => {
  const settings = await freshSchema();
  const stores = [open(settings), open(settings)];
  await migratePostgres(open(settings), TABLES);
  const both = stores.map(postgresOperatorStores);
  await Promise.all(
    Array.from({ length: 40 }, (_, i) =>
      both[i % 2]?.counters.add(i % 4 < 2 ? { a: 1, b: 2 } : { b: 2, a: 1 }),
    ),
  );
  expect(await both[0]?.counters.totals()).toEqual({ a: 40, b: 80 });
  await stores[0]?.db.execute(
    sql`insert into operator_acts (at, role, token, action) select i, 'keys', 't', 'old' from generate_series(1, 1005) i`,
  );
  await both[1]?.log.record({ at: 9, role: 'keys', token: 'abcd', action: 'POST /x' });
  const acts = (await both[0]?.log.list()) ?? [];
  expect(acts).toHaveLength(1000);
  expect(acts[0]).toEqual({ at: 9, role: 'keys', token: 'abcd', action: 'POST /x' });
});

test('a connection: its session has the settings that the stores rely on', async () => {
  const store = open(await freshSchema());
  const names = ['default_transaction_isolation', 'synchronous_commit', 'statement_timeout', 'lock_timeout'];
  const shown = await Promise.all(
    names.map(async (name) => (await store.db.execute(sql.raw(`show ${name}`))).rows[0]),
  );
  expect(shown.map((row) => Object.values(row as object)[0])).toEqual([
    'read committed',
    'on',
    '2s',
    '1500ms',
  ]);
});

test('run: a database that does not respond in time is a StoreError, and the work continues', async () => {
  const controller = new AbortController();
  const sleep = async (): Promise<void> => {};
  const store = openPostgres(await freshSchema(), { sleep, deadline: () => controller.signal });
  let isDone = false;
  const work = store.run(async (db) => {
    await db.execute(sql`select pg_sleep(0.1)`);
    isDone = true;
  });
  controller.abort();
  await expect(work).rejects.toMatchObject({ name: 'StoreError', code: 'busy' });
  await store.close();
  expect(isDone).toBe(true);
});

test('run: an error of the database is reported by its code, without statement or value', async () => {
  const store = open(await freshSchema());
  const failure = store.run((db) =>
    db.execute(sql`select ${'canary-in-a-value'}::integer, canary_in_a_statement()`),
  );
  await expect(failure).rejects.toThrow(StoreError);
  await expect(failure).rejects.not.toThrow(/canary/);
  await expect(store.run(async () => Promise.reject(new RangeError('own')))).rejects.toThrow(RangeError);
});

test('server check: refuses a server without synchronous standby, unless that risk is accepted by name', async () => {
  const store = open(await freshSchema());
  await expect(checkServer(store, 'STORE', new Set())).rejects.toThrow('STORE: has no synchronous standby');
  await expect(checkServer(store, 'STORE', new Set(['one-cluster']))).rejects.toThrow(
    'no-synchronous-standby',
  );
  expect(await checkServer(store, 'STORE', new Set(['no-synchronous-standby']))).toMatch(/^[0-9]{10,}$/);
});

test.each([
  ['has no such database', { database: 'nothing' }],
  ['refuses this user', { user: 'nobody' }],
  ['nothing listens', { port: 1 }],
])('start: that %s is one line with the cause', async (cause, change) => {
  const store = open(settingsOf(here(), { ...change, password: 'canary' }));
  const started = atStart('STORE', () => checkServer(store, 'STORE', new Set()));
  await expect(started).rejects.toThrow(/^STORE: [^\n]+$/);
  await expect(started).rejects.toThrow(cause);
  await expect(started).rejects.not.toThrow('canary');
});

test('TLS: a certificate of the named authority for the named host is accepted, and no other', async () => {
  const ca = inject('postgresAuthority');
  const isEncrypted = async (host: string, authorityPem: string): Promise<unknown> => {
    const store = open(settingsOf(here(), { host, tls: { ca: authorityPem, rejectUnauthorized: true } }));
    return store.run(
      async (db) => (await db.execute(sql`select ssl from pg_stat_ssl where pid = pg_backend_pid()`)).rows[0],
    );
  };
  expect(await isEncrypted('localhost', ca)).toEqual({ ssl: true });
  await expect(isEncrypted('127.0.0.1', ca)).rejects.toThrow(StoreError); // the certificate is for another name
  await expect(isEncrypted('localhost', (await authority()).cert)).rejects.toThrow(StoreError);
});

test('batches: items that arrive while lanes are busy are batched, up to the limit', async () => {
  const batches: number[][] = [];
  const release: (() => void)[] = [];
  const add = batched<number, number>(
    async (items) => {
      batches.push([...items]);
      await new Promise<void>((resolve) => release.push(resolve));
      return items.map((item) => (item === 6 ? Promise.reject(new Error('six')) : item * 2));
    },
    { lanes: 1, most: 3 },
  );
  const results = [1, 2].map(add);
  await Promise.resolve();
  const later = Promise.allSettled([3, 4, 5, 6].map(add));
  while (batches.length < 3) {
    release.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  release.shift()?.();
  expect(await Promise.all(results)).toEqual([2, 4]);
  expect((await later).map((one) => (one.status === 'fulfilled' ? one.value : 'failed'))).toEqual([
    6,
    8,
    10,
    'failed',
  ]);
  expect(batches).toEqual([[1, 2], [3, 4, 5], [6]]);
});

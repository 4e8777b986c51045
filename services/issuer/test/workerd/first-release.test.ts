import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { expect, test } from 'vitest';
import { ledgerName, quotaName } from '../../src/durable/names.ts';
import { durableQuota, durableSpentTokens } from '../../src/durable/ports.ts';
import { random } from '../support/wallet.ts';
import { bindings } from './objects.ts';

/** The tables as the first release made them, each in the objects of its own class. */
const KEY_TABLES = [
  `CREATE TABLE issuer_keys (service TEXT NOT NULL, epoch INTEGER NOT NULL, type INTEGER NOT NULL, key_id BLOB NOT NULL,
    truncated INTEGER NOT NULL UNIQUE, public_key BLOB NOT NULL, wrapped BLOB NOT NULL, shards INTEGER NOT NULL,
    evaluations INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (service, epoch, type)) STRICT`,
  `CREATE TABLE issuer_state (id INTEGER PRIMARY KEY CHECK (id = 1), epoch INTEGER NOT NULL, generation INTEGER NOT NULL,
    retired_through INTEGER NOT NULL, epoch_seconds INTEGER NOT NULL) STRICT`,
  'CREATE TABLE counters (cell TEXT PRIMARY KEY, count INTEGER NOT NULL) STRICT',
];
const QUOTA_TABLE = `CREATE TABLE quotas (epoch INTEGER NOT NULL, account BLOB NOT NULL, service TEXT NOT NULL,
  used INTEGER NOT NULL, batches TEXT NOT NULL, PRIMARY KEY (epoch, account, service)) STRICT, WITHOUT ROWID`;
const SPENT_TABLES = [
  `CREATE TABLE spent_tokens (ledger INTEGER NOT NULL, id BLOB NOT NULL, tag BLOB NOT NULL, envelope_1 BLOB NOT NULL,
    envelope_2 BLOB, envelope_3 BLOB, PRIMARY KEY (ledger, id)) STRICT, WITHOUT ROWID`,
  'CREATE TABLE closed_ledgers (ledger INTEGER PRIMARY KEY, end INTEGER NOT NULL) STRICT',
];

const DAY = 86_400;
const TODAY = Math.floor(Date.now() / 1000 / DAY) * DAY;

test('first release: a ledger refuses the tokens that it recorded as spent', async () => {
  const ledger = { keyId: random(32), shards: 1, end: TODAY + 2 * DAY };
  const spend = { id: random(32), tag: random(32), envelope: random(32), call: random(8), idempotent: true };
  await runInDurableObject(bindings.SPENT.getByName(ledgerName(ledger, 0)), (_object, { storage }) => {
    for (const table of SPENT_TABLES) storage.sql.exec(table);
    const row = [0, spend.id, spend.tag, new Uint8Array([...spend.envelope, ...spend.call])];
    storage.sql.exec('INSERT INTO spent_tokens VALUES (?, ?, ?, ?, null, null)', ...row);
  });
  const store = durableSpentTokens(bindings.SPENT);
  expect(await store.spend(ledger, { ...spend, tag: random(32), envelope: random(32) })).toBe('spent');
  expect(await store.spend(ledger, { ...spend, envelope: random(32) })).toBe('again');
  expect(await store.spend(ledger, { ...spend, id: random(32) })).toBe('first');
});

test('first release: a quota continues from its count', async () => {
  const charge = { epoch: TODAY, account: random(32), service: 'stickers', count: 5, limit: 30 };
  const stub = bindings.QUOTA.getByName(quotaName(TODAY, charge.account));
  await runInDurableObject(stub, (_object, { storage }) => {
    storage.sql.exec(QUOTA_TABLE);
    storage.sql.exec(
      'INSERT INTO quotas VALUES (?, ?, ?, 28, ?)',
      TODAY,
      charge.account,
      'stickers',
      'a'.repeat(32),
    );
  });
  const quota = durableQuota(bindings.QUOTA);
  expect(await quota.used(charge)).toBe(28);
  expect(await quota.charge({ ...charge, batch: 'b'.repeat(32) })).toBe('exhausted');
  expect(await quota.charge({ ...charge, batch: 'a'.repeat(32) })).toBe('repeated');
});

test('first release: the keys stay as they are', async () => {
  const stub = bindings.KEYS.getByName('first-release');
  const { keys } = await stub.snapshot();
  await runInDurableObject(stub, async (_object, { storage }) => {
    const read = (table: string) => [...storage.sql.exec(`SELECT * FROM ${table}`).raw()];
    const [rows, state] = [read('issuer_keys'), read('issuer_state')];
    await storage.deleteAll();
    for (const table of KEY_TABLES) storage.sql.exec(table);
    const insert = (table: string, row: SqlStorageValue[]) =>
      storage.sql.exec(`INSERT INTO ${table} VALUES (${row.map(() => '?').join(', ')})`, ...row);
    for (const row of rows) insert('issuer_keys', row);
    for (const row of state) insert('issuer_state', row.slice(0, 5)); // the columns of the first release
    storage.sql.exec("INSERT INTO counters VALUES ('issued', 7)");
  });
  await evictDurableObject(stub);
  expect((await stub.snapshot()).keys).toEqual(keys);
  expect(await stub.counts()).toEqual({ issued: 7 });
});

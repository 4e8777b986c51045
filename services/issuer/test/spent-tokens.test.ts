import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { groupCommit, type Database, type Db } from '@sotto/service/sqlite';
import { openFile, openMemory } from '@sotto/service/sqlite/file';
import { concat } from '@sotto/wire';
import { and, eq } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-sqlite';
import { afterAll, expect, test } from 'vitest';
import { ISSUER_FILE, sqliteSpentTokens } from '../src/node/ports.ts';
import type { Ledger, Spend, SpendOutcome, SpentTokens } from '../src/ports.ts';
import { MIGRATIONS } from '../src/store/migrations.ts';
import { spentTokens } from '../src/store/schema.ts';
import { closeLedger, spendToken } from '../src/store/spent.ts';
import { spendProcess } from './support/processes.ts';
import { spentTokensViolations } from './support/spent-contract.ts';
import { random } from './support/wallet.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'sotto-spent-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const END = 1000;
/** The store's port over a file, with a stopped clock. */
function tokensOf(database: Database, now = 1): SpentTokens {
  return sqliteSpentTokens(
    groupCommit(database, async (milliseconds) => sleep(milliseconds)),
    () => now,
  );
}

test('S05 S06 SpentTokens on node:sqlite: meets the contract in memory and in a file', async () => {
  for (const database of [openMemory(ISSUER_FILE), openFile(path.join(folder, 'one.sqlite'), ISSUER_FILE)]) {
    expect(await spentTokensViolations(tokensOf(database, 500), END)).toEqual([]);
    database.close();
  }
});

test('S05 S07 SpentTokens: meets the contract with two processes on one file', async () => {
  const file = path.join(folder, 'two.sqlite');
  const [a, b] = await Promise.all([spendProcess(file), spendProcess(file)]);
  let turnOf = 0;
  const both: SpentTokens = {
    spend: (ledger, spend) => (turnOf++ % 2 === 0 ? a : b).spend(ledger, spend),
    close: (ledger) => (turnOf++ % 2 === 0 ? a : b).close(ledger),
  };
  const end = Math.floor(Date.now() / 1000) + 3600;
  expect(await spentTokensViolations(both, end, 60)).toEqual([]);
  a.stop();
  b.stop();
});

const oneSpend = (): Spend => ({
  id: random(32),
  tag: random(32),
  envelope: random(32),
  call: random(8),
  idempotent: true,
});

const number = ({ keyId }: Ledger): number => keyId.subarray(0, 6).reduce((n, byte) => n * 256 + byte, 0);

const SPENT_TABLES = Object.values(MIGRATIONS).flatMap((text) => text.split('--> statement-breakpoint'));

/** A faulty store that a reviewer might overlook. */
function mutant(
  tables: readonly string[],
  spend: (db: Db, ledger: number, one: Spend) => Promise<SpendOutcome>,
): SpentTokens {
  const client = new DatabaseSync(':memory:');
  for (const table of tables) client.exec(table);
  const db: Db = drizzle({ client });
  const sound = tokensOf({ db, atomically: (work) => work() });
  return {
    spend: async (ledger, one) => (ledger.end < 500 ? 'ended' : spend(db, number(ledger), one)),
    close: (ledger) => sound.close(ledger),
  };
}

test('S08 SpentTokens mutant: with an await between check and insert, fails the contract', async () => {
  const store = mutant(SPENT_TABLES, async (db, ledger, spend) => {
    const row = and(eq(spentTokens.ledger, ledger), eq(spentTokens.id, spend.id));
    if (db.select().from(spentTokens).where(row).get() !== undefined) return spendToken(db, ledger, spend);
    await turn(); // the mutation
    const { id, tag } = spend;
    db.insert(spentTokens)
      .values({ ledger, id, tag, envelope1: concat(spend.envelope, spend.call) })
      .onConflictDoNothing()
      .run();
    return 'first';
  });
  const violations = await spentTokensViolations(store, END);
  expect(violations.join('\n')).toMatch(/one token, many requests: \{"first":([2-9]|[1-9][0-9]+)/);
});

test('S08 SpentTokens mutant: with a schema without the unique key, fails the contract', async () => {
  const keyed = /,\s*CONSTRAINT "spent_tokens_pk" PRIMARY KEY\("ledger", "id"\)\s*\) STRICT, WITHOUT ROWID/;
  const tables = SPENT_TABLES.map((sql) => sql.replace(keyed, ') STRICT'));
  expect(tables).not.toEqual(SPENT_TABLES);
  const store = mutant(tables, async (db, ledger, one) => spendToken(db, ledger, one));
  const violations = await spentTokensViolations(store, END);
  expect(violations.join('\n')).toMatch(/one token, many requests: \{"first":100/);
});

test('S08 SpentTokens mutants: their common base meets the contract', async () => {
  const store = mutant(SPENT_TABLES, async (db, ledger, one) => spendToken(db, ledger, one));
  expect(await spentTokensViolations(store, END)).toEqual([]);
});

test('schema: the tables match drizzle’s, with the primary key as the only index', () => {
  const database = openFile(path.join(folder, 'schema.sqlite'), ISSUER_FILE);
  const { db } = database;
  const columns = db.all<{ name: string; notnull: number; pk: number }>('pragma table_info(spent_tokens)');
  expect(columns.map(({ name, notnull, pk }) => [name, notnull, pk])).toEqual([
    ['ledger', 1, 1],
    ['id', 1, 2],
    ['tag', 1, 0],
    ['envelope_1', 1, 0],
    ['envelope_2', 0, 0],
    ['envelope_3', 0, 0],
  ]);
  expect(db.all('pragma index_list(spent_tokens)')).toMatchObject([{ origin: 'pk' }]);
  database.close();
});

/** An empty store, and every statement that is run on it. */
function watched(): { db: Db; client: DatabaseSync; ran: string[] } {
  const client = new DatabaseSync(':memory:');
  for (const table of SPENT_TABLES) client.exec(table);
  const ran: string[] = [];
  const prepare = client.prepare.bind(client);
  client.prepare = (sql) => {
    const statement = prepare(sql);
    for (const name of ['all', 'get', 'run'] as const) {
      const real = statement[name].bind(statement) as (...values: unknown[]) => unknown;
      Object.assign(statement, { [name]: (...values: unknown[]) => (ran.push(sql), real(...values)) });
    }
    return statement;
  };
  return { db: drizzle({ client }), client, ran };
}

test('SpentTokens: a valid token takes one statement', () => {
  const { db, ran } = watched();
  expect(spendToken(db, 7, oneSpend())).toBe('first');
  expect(spendToken(db, 7, oneSpend())).toBe('first');
  expect(ran).toHaveLength(2);
  expect(new Set(ran).size).toBe(1);
});

test('S23 SpentTokens: every statement of a spend uses the primary key', () => {
  const { db, client, ran } = watched();
  const one = oneSpend();
  const retry = { ...one, envelope: random(32), call: random(8) };
  const outcomes = [one, one, retry, { ...retry, tag: random(32), envelope: random(32) }].map((spend) =>
    spendToken(db, 7, spend),
  );
  closeLedger(db, 7, END);
  expect([...outcomes, spendToken(db, 7, oneSpend())]).toEqual(['first', 'first', 'again', 'spent', 'ended']);
  const statements = new Set(ran);
  expect(statements.size).toBe(5); // the statements: insert, close, is it closed, again, the row
  for (const sql of statements) {
    const plan = client.prepare(`explain query plan ${sql}`).all();
    const reads = plan.map(({ detail }) => String(detail)).filter((detail) => /spent|closed/.test(detail));
    for (const detail of reads) expect(detail).toMatch(/^SEARCH \w+ USING (INTEGER )?PRIMARY KEY \(/);
    expect(reads.length > 0 || sql.startsWith('insert into "closed_ledgers"')).toBe(true);
  }
});

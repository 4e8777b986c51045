import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { afterAll, expect, test } from 'vitest';
import { groupCommit, type Store } from '../src/sqlite/index.ts';
import { openFile, type DatabaseFile } from '../src/sqlite/file.node.ts';
import { StoreError } from '../src/store.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'sotto-group-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const FORMAT = {
  applicationId: 1,
  migrations: { '20260101000000_init': 'CREATE TABLE notes (note text PRIMARY KEY) STRICT' },
};

interface Watched {
  readonly at: string;
  readonly file: DatabaseFile;
  readonly store: Store;
  readonly transactions: number[]; // statements that added a note, in each transaction that committed
  readonly slept: number[];
}

function watched(name: string): Watched {
  const at = path.join(folder, name);
  const file = openFile(at, FORMAT);
  const transactions: number[] = [];
  const slept: number[] = [];
  const notes = (): number => file.db.all(sql`select note from notes`).length;
  const atomically: DatabaseFile['atomically'] = (work) => {
    const before = notes();
    const result = file.atomically(work);
    transactions.push(notes() - before);
    return result;
  };
  const store = groupCommit({ db: file.db, atomically }, async (milliseconds) => {
    slept.push(milliseconds);
    await sleep(milliseconds);
  });
  return { at, file, store, transactions, slept };
}

const add = ({ file, store }: Watched, note: string): Promise<string> =>
  store.transact(() => {
    file.db.run(sql`insert into notes values (${note})`);
    return note;
  });

test('groupCommit: commits blocks that arrive together in one transaction and returns each block its own result', async () => {
  const w = watched('together.sqlite');
  const notes = Array.from({ length: 50 }, (_, i) => `note ${i}`);
  expect(await Promise.all(notes.map((note) => add(w, note)))).toEqual(notes);
  expect(w.transactions).toEqual([50]);
  w.file.close();
});

test('groupCommit: only a block that fails is rejected: with a StoreError for the database, else with its own error', async () => {
  const w = watched('alone.sqlite');
  const own = new RangeError('of the block');
  const outcomes = await Promise.allSettled([
    add(w, 'a'),
    add(w, 'a'), // the same primary key
    w.store.transact(() => {
      throw own;
    }),
    add(w, 'b'),
  ]);
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
  const [, duplicate, thrown] = outcomes as PromiseRejectedResult[];
  expect(duplicate?.reason).toBeInstanceOf(StoreError);
  expect(duplicate?.reason).toMatchObject({ code: 'failed' });
  expect(thrown?.reason).toBe(own);
  expect(w.file.db.all(sql`select note from notes order by note`)).toEqual([{ note: 'a' }, { note: 'b' }]);
  w.file.close();
});

test('groupCommit: retries for 200 ms while another process holds the lock, then rejects every block as busy', async () => {
  const w = watched('busy.sqlite');
  const other = new DatabaseSync(w.at);
  other.exec('BEGIN IMMEDIATE');
  const outcomes = await Promise.allSettled([add(w, 'a'), add(w, 'b')]);
  for (const outcome of outcomes) {
    expect(outcome).toMatchObject({ status: 'rejected', reason: { name: 'StoreError', code: 'busy' } });
  }
  expect(w.slept).toEqual([0, ...Array.from({ length: 20 }, () => 10)]);
  other.exec('ROLLBACK');
  other.close();
  expect(await add(w, 'a')).toBe('a');
  w.file.close();
});

test('groupCommit: commits as soon as the other process releases the lock', async () => {
  const w = watched('released.sqlite');
  const other = new DatabaseSync(w.at);
  other.exec('BEGIN IMMEDIATE');
  const pending = add(w, 'a');
  while (w.slept.length < 3) await sleep(1);
  other.exec('ROLLBACK');
  expect(await pending).toBe('a');
  expect(w.slept.length).toBeLessThan(20);
  other.close();
  w.file.close();
});

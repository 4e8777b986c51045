import {
  chmodSync,
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { sql } from 'drizzle-orm';
import { afterAll, describe, expect, test } from 'vitest';
import { ConfigError } from '../src/config/index.ts';
import { openFile, type DatabaseFile, type FileFormat } from '../src/sqlite/file.node.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'sotto-file-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
const freePath = (): string => path.join(folder, `${files++}.sqlite`);

const NOTES = 'CREATE TABLE notes (id integer PRIMARY KEY, note text NOT NULL UNIQUE) STRICT;';
const TAGS = `CREATE TABLE tags (tag text NOT NULL, note integer NOT NULL, PRIMARY KEY (tag, note)) STRICT, WITHOUT ROWID;
--> statement-breakpoint
ALTER TABLE notes ADD COLUMN stars integer DEFAULT 0 NOT NULL;`;
const FIRST: FileFormat = { applicationId: 0x7465_7374, migrations: { '20260101000000_init': NOTES } };
const SECOND: FileFormat = {
  ...FIRST,
  migrations: { ...FIRST.migrations, '20260201000000_tags': TAGS },
};

function fileWithNote(format: FileFormat = FIRST): string {
  const at = freePath();
  const file = openFile(at, format);
  file.db.run(sql`insert into notes (note) values ('kept')`);
  file.close();
  return at;
}

const notesIn = (file: DatabaseFile): unknown[] => file.db.all(sql`select * from notes`);

/** Runs SQL on a file as another program would. */
function edit(at: string, statements: string): void {
  const client = new DatabaseSync(at);
  client.exec(statements);
  client.close();
}

function refusal(at: string, format: FileFormat = FIRST): string {
  const before = readFileSync(at);
  let refused: unknown;
  try {
    openFile(at, format).close();
  } catch (error) {
    refused = error;
  }
  expect(refused).toBeInstanceOf(ConfigError);
  expect(readFileSync(at).equals(before)).toBe(true); // a refused file is not changed
  return (refused as Error).message;
}

describe('openFile', () => {
  test('makes a complete file, and leaves no other file beside it', () => {
    const at = path.join(mkdtempSync(path.join(folder, 'alone-')), 'new.sqlite');
    openFile(at, SECOND).close();
    expect(readdirSync(path.dirname(at)).filter((name) => !name.endsWith('-journal'))).toEqual([
      'new.sqlite',
    ]);
    const file = openFile(at, SECOND);
    expect(file.db.all(sql`select * from tags`)).toEqual([]);
    expect(file.db.all(sql`pragma synchronous`)).toEqual([{ synchronous: 2 }]);
    expect(file.db.all(sql`pragma journal_mode`)).toEqual([{ journal_mode: 'truncate' }]);
    file.close();
  });

  test('N20 makes a file that only its owner can read, and changes the mode of one that others can read', () => {
    const at = fileWithNote();
    expect(statSync(at).mode & 0o777).toBe(0o600);
    for (const mode of [0o644, 0o666, 0o640]) {
      chmodSync(at, mode);
      openFile(at, FIRST).close();
      expect(statSync(at).mode & 0o777).toBe(0o600);
    }
    const file = openFile(at, FIRST);
    file.atomically(() => {
      file.db.run(sql`insert into notes (note) values ('in the journal')`);
      expect(statSync(`${at}-journal`).mode & 0o077).toBe(0);
    });
    file.close();
  });

  test('opens a file through a symbolic link', () => {
    const link = freePath();
    symlinkSync(fileWithNote(), link);
    const file = openFile(link, FIRST);
    expect(notesIn(file)).toHaveLength(1);
    file.close();
  });

  test('applies new migrations to a file of an older version, once, and keeps its rows', () => {
    const at = fileWithNote();
    for (let start = 0; start < 2; start++) {
      const file = openFile(at, SECOND);
      expect(notesIn(file)).toEqual([{ id: 1, note: 'kept', stars: 0 }]);
      expect(file.db.all(sql`select hash, name, applied_at from __drizzle_migrations`)).toEqual(
        Object.keys(SECOND.migrations).map((name) => ({ hash: '', name, applied_at: null })),
      );
      file.close();
    }
  });

  test('accepts a file without an application id if it has the tables of the first migration', () => {
    const at = freePath();
    edit(at, `${NOTES} INSERT INTO notes (note) VALUES ('old')`);
    const adopting = { ...SECOND, migrations: { ...SECOND.migrations } };
    adopting.migrations['20260101000000_init'] = NOTES.replace('TABLE', 'TABLE IF NOT EXISTS');
    const file = openFile(at, adopting);
    expect(notesIn(file)).toEqual([{ id: 1, note: 'old', stars: 0 }]);
    file.close();
    expect(refusal(at, { ...adopting, applicationId: 1 })).toMatch(/^STORE: is a file of another program/);
  });

  test.each<[string, RegExp, (at: string) => void]>([
    ['is empty', /^STORE: is an empty file/, (at) => truncateSync(at, 0)],
    ['is cut after its first page', /^STORE: is damaged or cut short/, (at) => truncateSync(at, 4096)],
    [
      'is cut by one byte',
      /^STORE: is damaged or cut short/,
      (at) => truncateSync(at, statSync(at).size - 1),
    ],
    ['is text', /^STORE: .*not a database/, (at) => writeFileSync(at, 'x'.repeat(8192))],
    [
      'has another application id',
      /^STORE: is a file of another program/,
      (at) => edit(at, 'PRAGMA application_id = 7'),
    ],
    [
      'has no application id and none of our tables',
      /^STORE: is a file of another program/,
      (at) => edit(at, 'PRAGMA application_id = 0; DROP TABLE notes'),
    ],
    [
      'has a later schema version',
      /^STORE: was written by a newer version/,
      (at) => edit(at, 'PRAGMA user_version = 2'),
    ],
    [
      'has a migration that this version does not know',
      /^STORE: was written by a newer version/,
      (at) => edit(at, "INSERT INTO __drizzle_migrations (hash, name) VALUES ('', '20990101000000_later')"),
    ],
  ])('refuses a file that %s', (_what, message, spoil) => {
    const at = fileWithNote();
    spoil(at);
    expect(refusal(at)).toMatch(message);
  });

  test.each<[string, string, string]>([
    ['the primary key', 'tags', 'CREATE TABLE tags (tag text NOT NULL, note integer NOT NULL) STRICT'],
    [
      'a part of the primary key',
      'tags',
      'CREATE TABLE tags (tag text NOT NULL, note integer NOT NULL, PRIMARY KEY (tag)) STRICT, WITHOUT ROWID',
    ],
    [
      'WITHOUT ROWID',
      'tags',
      'CREATE TABLE tags (tag text NOT NULL, note integer NOT NULL, PRIMARY KEY (tag, note)) STRICT',
    ],
    [
      'a UNIQUE constraint',
      'notes',
      'CREATE TABLE notes (id integer PRIMARY KEY, note text NOT NULL, stars integer DEFAULT 0 NOT NULL) STRICT',
    ],
    [
      'NOT NULL',
      'notes',
      'CREATE TABLE notes (id integer PRIMARY KEY, note text UNIQUE, stars integer DEFAULT 0 NOT NULL) STRICT',
    ],
    ['the whole table', 'notes', 'SELECT 1'],
  ])('N65 refuses a file whose table lacks %s', (_what, table, instead) => {
    const at = fileWithNote(SECOND);
    edit(at, `DROP TABLE ${table}; ${instead}`);
    expect(refusal(at, SECOND)).toBe(`STORE: has another schema (table ${table}). Restore it from a backup`);
  });

  test('does not change an older file if a migration fails', () => {
    const at = fileWithNote();
    const failing = {
      ...FIRST.migrations,
      '20260301000000_bad': `${TAGS}\n--> statement-breakpoint\nnonsense`,
    };
    expect(refusal(at, { ...FIRST, migrations: failing })).toMatch(
      /^STORE: must be a file that this process can read/,
    );
    const file = openFile(at, FIRST);
    expect(notesIn(file)).toEqual([{ id: 1, note: 'kept' }]);
    file.close();
  });

  test('refuses a path whose folder does not exist, or that is a folder', () => {
    expect(() => openFile(path.join(folder, 'none', 'x.sqlite'), FIRST)).toThrow(/^STORE: must be a file/);
    expect(() => openFile(folder, FIRST)).toThrow(/^STORE: /);
  });

  test('opens a file twice at once, and a copy of it', () => {
    const at = fileWithNote();
    const [a, b] = [openFile(at, FIRST), openFile(at, FIRST)];
    a.db.run(sql`insert into notes (note) values ('from a')`);
    expect(notesIn(b)).toHaveLength(2);
    a.close();
    b.close();
    const copy = freePath();
    copyFileSync(at, copy);
    const c = openFile(copy, FIRST);
    expect(notesIn(c)).toHaveLength(2);
    c.close();
  });
});

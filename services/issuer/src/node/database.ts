import { existsSync, linkSync, rmSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { drizzle } from 'drizzle-orm/node-sqlite';
import type { Database, Db } from '../store/database.ts';
import { KEY_TABLES } from '../store/keys.ts';
import { QUOTA_TABLES } from '../store/quota.ts';
import { SPENT_TABLES } from '../store/spent-schema.ts';

/** A file that is there and is not a whole store of ours. It is never taken for an empty one. */
export class FileError extends Error {
  override readonly name = 'FileError';
}

export interface NodeDatabase extends Database {
  close(): void;
}

const TABLES = [...KEY_TABLES, ...QUOTA_TABLES, ...SPENT_TABLES];
const NAMES = TABLES.map((sql) => /^CREATE TABLE IF NOT EXISTS (\w+)/.exec(sql)?.[1] ?? '');

/**
 * Opens the issuer's file, or makes it. Keys, quotas and ledgers share it, so that whoever loses the
 * spent tokens loses the keys that would accept them again.
 *
 * There is no write-ahead log: what was acknowledged stands in the file itself, and no file beside it
 * can be lost. Deleted rows are overwritten. It never waits for a lock: the callers do, without blocking.
 *
 * @throws {FileError} when the file is truncated, damaged or not ours; or what SQLite throws
 */
export function openDatabase(path: string): NodeDatabase {
  if (path !== ':memory:' && !existsSync(path)) makeFile(path);
  if (path !== ':memory:' && statSync(path).size === 0) throw new FileError('STORE is an empty file');
  const client = new DatabaseSync(path, { timeout: 1000 });
  try {
    client.exec('PRAGMA journal_mode = TRUNCATE; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON');
    if (path === ':memory:') create(client);
    else check(client, path);
    client.exec('PRAGMA busy_timeout = 0');
  } catch (error) {
    client.close();
    throw error;
  }
  const db: Db = drizzle({ client });
  return { db, atomically: (work) => atomically(client, work), close: () => client.close() };
}

/** Makes a whole store beside the path and gives it its name last: no kill and no race leaves half of one. */
function makeFile(path: string): void {
  const draft = `${path}.${process.pid}.new`;
  rmSync(draft, { force: true });
  const client = new DatabaseSync(draft);
  create(client);
  client.close();
  try {
    linkSync(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

function create(client: DatabaseSync): void {
  atomically(client, () => {
    for (const table of TABLES) client.exec(table);
  });
}

function check(client: DatabaseSync, path: string): void {
  const { quick_check: verdict } = client.prepare('PRAGMA quick_check(1)').get() ?? {};
  const { page_count: pages } = client.prepare('PRAGMA page_count').get() ?? {};
  const { page_size: pageSize } = client.prepare('PRAGMA page_size').get() ?? {};
  const whole = statSync(path).size >= Number(pages) * Number(pageSize);
  if (verdict !== 'ok' || !whole) throw new FileError('STORE is damaged');
  const tables = client.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
  const names = new Set(tables.map(({ name }) => name));
  if (!NAMES.every((name) => names.has(name))) throw new FileError('STORE is not an issuer’s');
  // A store that cannot be written to cannot spend.
  client.exec('DELETE FROM issuer_state WHERE false');
}

function atomically<T>(client: DatabaseSync, work: () => T): T {
  client.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    client.exec('COMMIT');
    return result;
  } catch (error) {
    if (client.isTransaction) client.exec('ROLLBACK');
    throw error;
  }
}

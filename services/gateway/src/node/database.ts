import { existsSync, linkSync, rmSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { drizzle } from 'drizzle-orm/node-sqlite';
import { ConfigError } from '../config.ts';
import type { SyncDatabase } from '../keys/sql-key-store.ts';
import { TABLES } from './tables.ts';

/** The gateway's file, opened by one process of any number. */
export interface GatewayFile {
  readonly db: SyncDatabase;
  /** Runs a block of statements whole or not at all, alone among all processes; throws when the file is locked. */
  readonly atomically: <T>(work: () => T) => T;
  close(): void;
}

const APPLICATION = 0x536f4757; // "SoGW": what a file of ours bears in its header
const VERSION = 1; // of the schema

/**
 * Opens the gateway's file, or makes it. There is no write-ahead log, so that no file beside it can be lost; what
 * is deleted is overwritten. It never waits for a lock: the callers do, without blocking.
 *
 * @throws {ConfigError} when the file is empty, cut, damaged, not ours or read-only: it is never taken for a new one
 */
export function openFile(path: string): GatewayFile {
  if (!existsSync(path)) makeFile(path);
  if (statSync(path).size === 0) throw new ConfigError('STORE', 'an empty file');
  const client = new DatabaseSync(path, { timeout: 1000 });
  try {
    check(client, path);
    client.exec('PRAGMA journal_mode = TRUNCATE; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON');
    client.exec('PRAGMA busy_timeout = 0');
  } catch (error) {
    client.close();
    throw error instanceof ConfigError ? error : new ConfigError('STORE', 'cannot be read and written');
  }
  return {
    db: drizzle({ client }),
    atomically: (work) => atomically(client, work),
    close: () => client.close(),
  };
}

/** Makes a whole file beside the path and gives it its name last: no kill and no race leaves half of one. */
function makeFile(path: string): void {
  const draft = `${path}.${process.pid}.new`;
  try {
    rmSync(draft, { force: true });
    const client = new DatabaseSync(draft);
    client.exec(`PRAGMA application_id = ${APPLICATION}; PRAGMA user_version = ${VERSION}`);
    atomically(client, () => TABLES.forEach((table) => client.exec(table)));
    client.close();
    linkSync(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST')
      throw new ConfigError('STORE', 'cannot be made here');
  } finally {
    rmSync(draft, { force: true });
  }
}

function check(client: DatabaseSync, path: string): void {
  const pragma = (name: string): unknown => Object.values(client.prepare(`PRAGMA ${name}`).get() ?? {})[0];
  const whole = Number(pragma('page_count')) * Number(pragma('page_size'));
  if (pragma('quick_check(1)') !== 'ok' || statSync(path).size < whole)
    throw new ConfigError('STORE', 'damaged');
  if (pragma('application_id') !== APPLICATION) throw new ConfigError('STORE', 'not a gateway’s');
  if (pragma('user_version') !== VERSION) throw new ConfigError('STORE', 'of another version');
  client.exec('DELETE FROM envelopes WHERE false'); // what cannot be written to cannot refuse a replay
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

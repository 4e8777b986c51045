import { chmodSync, closeSync, existsSync, linkSync, openSync, rmSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { drizzle } from 'drizzle-orm/node-sqlite';
import { ConfigError } from '../config/error.ts';
import type { Database } from './database.ts';
import { NewerSchemaError, statementsOf, type Migrations } from '../migrations.ts';
import { migrate } from './migrate.ts';
import { schemaDifference, tableNames } from './schema.node.ts';

/** The format of the files of one service. */
export interface FileFormat {
  /** 32 bits in the header of the file, which tell our files from other programs' (PRAGMA application_id). */
  readonly applicationId: number;
  readonly migrations: Migrations;
}

/** A database that is open until it is closed. */
export interface DatabaseFile extends Database {
  close(): void;
}

const MOVED = 0x53_6f_4d_76; // "SoMv": the application id of a file whose contents are in PostgreSQL
const OPEN_BUSY_MS = 1000; // how long opening waits for another process; later waits are up to groupCommit
const OWNER_ONLY = 0o600;
const SQLITE_CORRUPT = 11;

/**
 * Opens a service's file, or makes it if the path is free. Any number of processes may open one file.
 *
 * There is no write-ahead log: what was acknowledged is in the file itself, and no file beside it can be lost. What is
 * deleted is overwritten.
 *
 * @param path - the value of STORE
 * @throws {ConfigError} if the file is empty, cut short, damaged, not ours, of a newer version, or cannot be written.
 *   It is then left as it was: a file that exists is never taken for a new one.
 */
export function openFile(path: string, format: FileFormat): DatabaseFile {
  const { client, database } = withPath(() => {
    if (!existsSync(path)) makeFile(path, format);
    return connect(path);
  });
  try {
    withPath(() => {
      check(client, path, format);
      client.exec('PRAGMA journal_mode = TRUNCATE; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON');
      upgrade(client, database, format);
      chmodSync(path, OWNER_ONLY);
      client.exec('PRAGMA busy_timeout = 0');
    });
  } catch (error) {
    client.close();
    throw error;
  }
  return { ...database, close: () => client.close() };
}

/**
 * Opens a file whose contents are going to another store, and marks it so that no service starts on it any
 * more. If the move did not finish, the same file may be opened for it again.
 *
 * @throws {ConfigError}
 */
export function openToMove(path: string, format: FileFormat): DatabaseFile {
  const { client, database } = withPath(() => {
    statSync(path); // throws if there is no file: none is made here
    return connect(path);
  });
  try {
    withPath(() => {
      check(client, path, format, [0, MOVED]);
      client.exec('PRAGMA journal_mode = TRUNCATE; PRAGMA synchronous = FULL');
      upgrade(client, database, { ...format, applicationId: MOVED });
    });
  } catch (error) {
    client.close();
    throw error;
  }
  return { ...database, close: () => client.close() };
}

/** A database in memory with the current schema. */
export function openMemory({ migrations }: Pick<FileFormat, 'migrations'>): DatabaseFile {
  const { client, database } = connect(':memory:');
  migrate(database, migrations);
  return { ...database, close: () => client.close() };
}

interface Connection {
  readonly client: DatabaseSync;
  readonly database: Database;
}

function connect(path: string): Connection {
  if (path !== ':memory:' && statSync(path).size === 0) {
    throw new ConfigError('STORE', 'is an empty file. Restore it, or name a path where no file exists yet');
  }
  const client = new DatabaseSync(path, { timeout: OPEN_BUSY_MS });
  return {
    client,
    database: { db: drizzle({ client }), atomically: (work) => atomically(client, work) },
  };
}

/** Makes a complete file beside the path, then gives it its name: neither a crash nor a race leaves half a file. */
function makeFile(path: string, { applicationId, migrations }: FileFormat): void {
  const draft = `${path}.${process.pid}.new`;
  try {
    rmSync(draft, { force: true });
    closeSync(openSync(draft, 'wx', OWNER_ONLY));
    const client = new DatabaseSync(draft);
    client.exec(`PRAGMA application_id = ${applicationId}`);
    migrate({ db: drizzle({ client }), atomically: (work) => atomically(client, work) }, migrations);
    client.close();
    linkSync(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error; // another process has just made it
  } finally {
    rmSync(draft, { force: true });
  }
}

/**
 * Refuses a file before anything is written to it.
 *
 * @param others - other application ids that are accepted if the file has the tables of this service. Files
 *   of the issuer's first release have the id 0
 */
function check(
  client: DatabaseSync,
  path: string,
  { applicationId, migrations }: FileFormat,
  others: readonly number[] = [0],
): void {
  const whole = numberOf(client, 'page_count') * numberOf(client, 'page_size');
  if (statSync(path).size < whole) throw damaged();
  const { quick_check: verdict } = client.prepare('PRAGMA quick_check(1)').get() ?? {};
  if (verdict !== 'ok') throw damaged();
  const found = numberOf(client, 'application_id');
  if (found === MOVED && !others.includes(MOVED)) {
    throw new ConfigError('STORE', 'was moved to PostgreSQL. Set STORE to the URL of that database');
  }
  if (found !== applicationId && !(others.includes(found) && hasTables(client, migrations))) {
    throw new ConfigError('STORE', 'is a file of another program. Name the file of this service');
  }
  if (numberOf(client, 'user_version') > Object.keys(migrations).length) throw newerVersion();
}

/** Whether a file has the tables that the first migration makes. */
function hasTables(client: DatabaseSync, migrations: Migrations): boolean {
  const [first = ''] = Object.keys(migrations).toSorted();
  const expected = connect(':memory:').client;
  for (const statement of statementsOf(migrations[first] ?? '')) expected.exec(statement);
  const present = new Set(tableNames(client));
  return tableNames(expected).every((name) => present.has(name));
}

/** Applies new migrations and checks the result, in one transaction. It always writes, so a read-only file fails here. */
function upgrade(client: DatabaseSync, { db }: Database, { applicationId, migrations }: FileFormat): void {
  const expected = connect(':memory:');
  migrate(expected.database, migrations);
  atomically(client, () => {
    migrate({ db, atomically: (work) => work() }, migrations);
    const difference = schemaDifference(client, expected.client);
    if (difference !== null) {
      throw new ConfigError('STORE', `has another schema (${difference}). Restore it from a backup`);
    }
    client.exec(`PRAGMA application_id = ${applicationId}`);
    client.exec(`PRAGMA user_version = ${Object.keys(migrations).length}`); // read by older versions
  });
  expected.client.close();
}

const damaged = (): ConfigError =>
  new ConfigError('STORE', 'is damaged or cut short. Restore it from a backup');

const newerVersion = (): ConfigError =>
  new ConfigError('STORE', 'was written by a newer version. Run that version, or restore an older backup');

function withPath<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    if (error instanceof NewerSchemaError) throw newerVersion();
    const { message, errcode, code } = error as NodeJS.ErrnoException & { errcode?: number };
    if (errcode !== undefined && (errcode & 0xff) === SQLITE_CORRUPT) throw damaged();
    const reason = errcode === undefined && code !== undefined ? code : message; // Node's messages contain the path
    throw new ConfigError('STORE', `must be a file that this process can read and write (${reason})`);
  }
}

function numberOf(client: DatabaseSync, pragma: string): number {
  return Number(Object.values(client.prepare(`PRAGMA ${pragma}`).get() ?? {})[0]);
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

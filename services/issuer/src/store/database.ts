import type { SQLiteAsyncDatabase } from 'drizzle-orm/sqlite-core';

/** SQLite behind drizzle, synchronous: a Durable Object's storage, or a file under node:sqlite. */
export type Db = SQLiteAsyncDatabase<'sync', unknown>;

/** A store and its way to do several statements as one. */
export interface Database {
  readonly db: Db;
  /** Runs `work` whole or not at all, with nobody's write in between. */
  atomically<T>(work: () => T): T;
}

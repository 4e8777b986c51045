import type { SQLiteAsyncDatabase } from 'drizzle-orm/sqlite-core';

/** SQLite behind drizzle, synchronous: a Durable Object's storage, or a file under node:sqlite. */
export type Db = SQLiteAsyncDatabase<'sync', unknown>;

/** A store and its way to do several statements as one. */
export interface Database {
  readonly db: Db;
  /** Runs `work` whole or not at all, with nobody's write in between. */
  atomically<T>(work: () => T): T;
}

/** A statement that is built once a store, at its first use: building one costs more than running it. */
export function prepared<T>(prepare: (db: Db) => T): (db: Db) => T {
  const known = new WeakMap<Db, T>();
  return (db) => {
    const built = known.get(db) ?? prepare(db);
    known.set(db, built);
    return built;
  };
}

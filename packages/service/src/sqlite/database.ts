import type { SQLiteAsyncDatabase } from 'drizzle-orm/sqlite-core';

/** A synchronous SQLite database: the storage of a Durable Object, or a file under node:sqlite. */
export type Db = SQLiteAsyncDatabase<'sync', unknown>;

/** A database and its transactions. */
export interface Database {
  readonly db: Db;
  /** Runs `work` in one write transaction: all of its statements take effect, or none. */
  readonly atomically: <T>(work: () => T) => T;
}

/** A database whose transactions may have to wait. */
export interface Store {
  readonly db: Db;
  /**
   * Runs a synchronous block of statements in one write transaction. Resolves only after it has committed.
   *
   * Rejects with what the block threw, or with StoreError if the database failed.
   */
  readonly transact: <T>(block: () => T) => Promise<T>;
}

/** The methods of a port, each synchronous. */
export type Synchronous<Port> = {
  [Method in keyof Port]: Port[Method] extends (...args: infer Args) => Promise<infer Result>
    ? (...args: Args) => Result
    : never;
};

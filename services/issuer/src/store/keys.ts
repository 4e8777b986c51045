import type { Bytes } from '@sotto/wire';
import { and, eq, lte, sql } from 'drizzle-orm';
import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { bytes } from './bytes.ts';
import type { Db } from './database.ts';

/** The issuer's keys, current, previous and made ahead. A row is deleted when its key is destroyed. */
export const issuerKeys = sqliteTable(
  'issuer_keys',
  {
    service: text('service').notNull(),
    epoch: integer('epoch').notNull(), // its start, UnixSeconds
    type: integer('type').notNull(), // token type
    /** token_key_id: 32 bytes. */
    keyId: bytes('key_id').notNull(),
    /** truncated_token_key_id: distinct among the keys that exist. */
    truncated: integer('truncated').notNull().unique(),
    publicKey: bytes('public_key').notNull(), // Ne bytes
    /** The secret scalar, sealed under KEY_WRAPPING_KEY, which no store holds. */
    wrapped: bytes('wrapped').notNull(),
    /** Into how many ledgers its tokens are spread: fixed with the key, so that it never changes under it. */
    shards: integer('shards').notNull(),
    /** Evaluations handed out against its ceiling. */
    evaluations: integer('evaluations').notNull().default(0),
  },
  (table) => [primaryKey({ columns: [table.service, table.epoch, table.type] })],
);

/** One row: what must never run backwards. */
export const issuerState = sqliteTable('issuer_state', {
  id: integer('id').primaryKey(), // 1
  /** The latest epoch that was current. */
  epoch: integer('epoch').notNull(),
  /** Raised with every restore. */
  generation: integer('generation').notNull(),
  /** Epochs up to this one have no keys and get none: a restore retired them. -1 without one. */
  retiredThrough: integer('retired_through').notNull(),
  /** The length of the epochs that every key was made for, in seconds. */
  epochSeconds: integer('epoch_seconds').notNull(),
});

/** Counters of events, by cell; never by client. */
export const counters = sqliteTable('counters', {
  cell: text('cell').primaryKey(),
  count: integer('count').notNull(),
});

export const KEY_TABLES: readonly string[] = [
  `CREATE TABLE IF NOT EXISTS issuer_keys (
    service TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    type INTEGER NOT NULL,
    key_id BLOB NOT NULL,
    truncated INTEGER NOT NULL UNIQUE,
    public_key BLOB NOT NULL,
    wrapped BLOB NOT NULL,
    shards INTEGER NOT NULL,
    evaluations INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (service, epoch, type)
  ) STRICT`,
  `CREATE TABLE IF NOT EXISTS issuer_state (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    epoch INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    retired_through INTEGER NOT NULL,
    epoch_seconds INTEGER NOT NULL
  ) STRICT`,
  'CREATE TABLE IF NOT EXISTS counters (cell TEXT PRIMARY KEY, count INTEGER NOT NULL) STRICT',
];

export type KeyRow = typeof issuerKeys.$inferSelect;
export type IssuerState = Omit<typeof issuerState.$inferSelect, 'id'>;

/** What must never run backwards; in an empty store, with epochs of this length. */
export function readState(db: Db, epochSeconds: number): IssuerState {
  const first = { epoch: 0, generation: 0, retiredThrough: -1, epochSeconds };
  return db.select().from(issuerState).get() ?? first;
}

export function writeState(db: Db, state: IssuerState): void {
  db.insert(issuerState)
    .values({ id: 1, ...state })
    .onConflictDoUpdate({ target: issuerState.id, set: { ...state } })
    .run();
}

export function allKeys(db: Db): KeyRow[] {
  return db.select().from(issuerKeys).orderBy(issuerKeys.epoch, issuerKeys.service, issuerKeys.type).all();
}

/** Keeps a key unless its place or its truncated id is taken. Returns whether it was kept. */
export function insertKey(db: Db, row: typeof issuerKeys.$inferInsert): boolean {
  const inserted = db
    .insert(issuerKeys)
    .values(row)
    .onConflictDoNothing()
    .returning({ epoch: issuerKeys.epoch })
    .all();
  return inserted.length === 1;
}

/** Destroys every key whose epoch began at this moment or before. Returns what they were. */
export function deleteKeysThrough(db: Db, epoch: number): KeyRow[] {
  return db.delete(issuerKeys).where(lte(issuerKeys.epoch, epoch)).returning().all();
}

/** Takes evaluations off a key's ceiling, all or none. */
export function reserveEvaluations(db: Db, keyId: Bytes, count: number, ceiling: number): boolean {
  const reserved = db
    .update(issuerKeys)
    .set({ evaluations: sql`${issuerKeys.evaluations} + ${count}` })
    .where(and(eq(issuerKeys.keyId, keyId), sql`${issuerKeys.evaluations} + ${count} <= ${ceiling}`))
    .returning({ epoch: issuerKeys.epoch })
    .all();
  return reserved.length === 1;
}

export function addCounts(db: Db, counts: Readonly<Record<string, number>>): void {
  for (const [cell, count] of Object.entries(counts)) {
    db.insert(counters)
      .values({ cell, count })
      .onConflictDoUpdate({ target: counters.cell, set: { count: sql`${counters.count} + ${count}` } })
      .run();
  }
}

export function readCounts(db: Db): Record<string, number> {
  return Object.fromEntries(
    db
      .select()
      .from(counters)
      .all()
      .map(({ cell, count }) => [cell, count]),
  );
}

import { desc, lte, sql } from 'drizzle-orm';
import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import type { CounterStore } from '../metrics.ts';
import type { OperatorAct, OperatorLog } from '../operator.ts';
import type { Db, Store } from './database.ts';

/** Counts of all isolates or processes. A cell is `family value`, both from closed sets. */
export const counters = sqliteTable('counters', {
  cell: text('cell').primaryKey(),
  count: integer('count').notNull(),
});

/** What operators did, the latest acts only. It holds no account, no address and no token. */
export const operatorActs = sqliteTable('operator_acts', {
  id: integer('id').primaryKey(),
  at: integer('at').notNull(),
  role: text('role').notNull(),
  /** The first bits of a hash: tells the two tokens of a change apart. */
  token: text('token').notNull(),
  action: text('action').notNull(),
});

const MAX_ACTS = 1000;

/** Adds counts. Run it in a transaction. */
export function addCounts(db: Db, counts: Readonly<Record<string, number>>): void {
  for (const [cell, count] of Object.entries(counts)) {
    db.insert(counters)
      .values({ cell, count })
      .onConflictDoUpdate({ target: counters.cell, set: { count: sql`${counters.count} + ${count}` } })
      .run();
  }
}

/** All counts by cell. */
export function readCounts(db: Db): Record<string, number> {
  const rows = db.select().from(counters).all();
  return Object.fromEntries(rows.map(({ cell, count }) => [cell, count]));
}

/** Adds an act and drops the oldest beyond a thousand. Run it in a transaction. */
export function recordAct(db: Db, { at, role, token, action }: OperatorAct): void {
  const { id } = db.insert(operatorActs).values({ at, role, token, action }).returning().get();
  db.delete(operatorActs)
    .where(lte(operatorActs.id, id - MAX_ACTS))
    .run();
}

/** The latest act first. */
export function listActs(db: Db): OperatorAct[] {
  return db
    .select()
    .from(operatorActs)
    .orderBy(desc(operatorActs.id))
    .all()
    .map(({ at, role, token, action }) => ({ at, role: role as OperatorAct['role'], token, action }));
}

/** Counts and log over a database whose transactions may have to wait. */
export function operatorStores({ db, transact }: Store): {
  readonly counters: CounterStore;
  readonly log: OperatorLog;
} {
  return {
    counters: {
      add: (counts) => transact(() => addCounts(db, counts)),
      totals: () => transact(() => readCounts(db)),
    },
    log: {
      record: (act) => transact(() => recordAct(db, act)),
      list: () => transact(() => listActs(db)),
    },
  };
}

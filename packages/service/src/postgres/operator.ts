import { desc, lte, sql } from 'drizzle-orm';
import { bigserial, pgTable, text } from 'drizzle-orm/pg-core';
import type { CounterStore } from '../metrics.ts';
import type { OperatorAct, OperatorLog } from '../operator.ts';
import { whole } from './columns.ts';
import type { PostgresStore } from './database.ts';

/** Counts of all processes. A cell is `family value`, both from closed sets. */
export const counters = pgTable('counters', {
  cell: text('cell').primaryKey(),
  count: whole('count').notNull(),
});

/** What operators did, the latest acts only. It holds no account, no address and no token. */
export const operatorActs = pgTable('operator_acts', {
  id: bigserial('id', { mode: 'number' }).primaryKey(),
  at: whole('at').notNull(),
  role: text('role').notNull(),
  /** The first bits of a hash: tells the two tokens of a change apart. */
  token: text('token').notNull(),
  action: text('action').notNull(),
});

const MAX_ACTS = 1000;

/** Counts and log of all processes together. */
export function postgresOperatorStores({ run, transact }: PostgresStore): {
  readonly counters: CounterStore;
  readonly log: OperatorLog;
} {
  return {
    counters: {
      add: (counts) =>
        run(async (db) => {
          // Sorted, so that two processes never wait for each other.
          const cells = Object.entries(counts).toSorted(([a], [b]) => (a < b ? -1 : 1));
          await db
            .insert(counters)
            .values(cells.map(([cell, count]) => ({ cell, count })))
            .onConflictDoUpdate({
              target: counters.cell,
              set: { count: sql`${counters.count} + excluded.count` },
            });
        }),
      totals: () =>
        run(async (db) => {
          const rows = await db.select().from(counters);
          return Object.fromEntries(rows.map(({ cell, count }) => [cell, count]));
        }),
    },
    log: {
      record: (act) =>
        transact(async (tx) => {
          const [row] = await tx.insert(operatorActs).values(act).returning();
          await tx.delete(operatorActs).where(lte(operatorActs.id, (row?.id ?? 0) - MAX_ACTS));
        }),
      list: () =>
        run(async (db) => {
          const rows = await db.select().from(operatorActs).orderBy(desc(operatorActs.id));
          return rows.map(({ at, role, token, action }) => ({
            at,
            role: role as OperatorAct['role'],
            token,
            action,
          }));
        }),
    },
  };
}

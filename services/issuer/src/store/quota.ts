import { and, eq, lte, sql } from 'drizzle-orm';
import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import type { QuotaOutcome, Take } from '../ports.ts';
import { bytes } from './bytes.ts';
import { prepared, type Db } from './database.ts';

/** How much an account has drawn of a service in an epoch. Goes with its epoch. */
export const quotas = sqliteTable(
  'quotas',
  {
    epoch: integer('epoch').notNull(), // its start, UnixSeconds
    /** A keyed hash of the account, another one in every epoch: 32 bytes. */
    account: bytes('account').notNull(),
    service: text('service').notNull(),
    used: integer('used').notNull(), // tokens
    /** A digest of each batch that was counted, as hexadecimal with spaces between. */
    batches: text('batches').notNull(),
  },
  (table) => [primaryKey({ columns: [table.epoch, table.account, table.service] })],
);

export const QUOTA_TABLES: readonly string[] = [
  `CREATE TABLE IF NOT EXISTS quotas (
    epoch INTEGER NOT NULL,
    account BLOB NOT NULL,
    service TEXT NOT NULL,
    used INTEGER NOT NULL,
    batches TEXT NOT NULL,
    PRIMARY KEY (epoch, account, service)
  ) STRICT, WITHOUT ROWID`,
];

const statements = prepared((db) => {
  const { epoch, account, service, count, limit, batch } = {
    epoch: sql.placeholder('epoch'),
    account: sql.placeholder('account'),
    service: sql.placeholder('service'),
    count: sql.placeholder('count'),
    limit: sql.placeholder('limit'),
    batch: sql.placeholder('batch'),
  };
  const row = and(eq(quotas.epoch, epoch), eq(quotas.account, account), eq(quotas.service, service));
  return {
    take: db
      .insert(quotas)
      .values({ epoch, account, service, used: count, batches: batch })
      .onConflictDoUpdate({
        target: [quotas.epoch, quotas.account, quotas.service],
        set: {
          used: sql`${quotas.used} + ${count}`,
          batches: sql`${quotas.batches} || ' ' || ${batch}`,
        },
        setWhere: sql`${quotas.used} + ${count} <= ${limit} and instr(${quotas.batches}, ${batch}) = 0`,
      })
      .returning({ used: quotas.used })
      .prepare(),
    row: db.select().from(quotas).where(row).prepare(),
  };
});

/**
 * Counts a batch before it is signed: one statement, so that racing batches never pass the limit.
 * A batch that was counted is not counted again, whoever lost its answer.
 */
export function takeQuota(db: Db, take: Take): QuotaOutcome {
  const { epoch, account, service, count, limit, batch } = take;
  const { take: counting, row } = statements(db);
  if (count <= limit && counting.all({ epoch, account, service, count, limit, batch }).length === 1) {
    return 'taken';
  }
  const kept = row.get({ epoch, account, service });
  return kept?.batches.split(' ').includes(batch) ? 'counted' : 'exhausted';
}

/** How many tokens the account drew. */
export function usedQuota(
  db: Db,
  { epoch, account, service }: Pick<Take, 'epoch' | 'account' | 'service'>,
): number {
  return statements(db).row.get({ epoch, account, service })?.used ?? 0;
}

/** Forgets every epoch that began at this moment or before (under Node; a Durable Object goes whole). */
export function dropQuotasThrough(db: Db, epoch: number): void {
  db.delete(quotas).where(lte(quotas.epoch, epoch)).run();
}

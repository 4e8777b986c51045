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

const EPOCH = sql.placeholder('epoch');
const ACCOUNT = sql.placeholder('account');
const SERVICE = sql.placeholder('service');
const COUNT = sql.placeholder('count');
const LIMIT = sql.placeholder('limit');
const BATCH = sql.placeholder('batch');

const countBatch = prepared((db) =>
  db
    .insert(quotas)
    .values({ epoch: EPOCH, account: ACCOUNT, service: SERVICE, used: COUNT, batches: BATCH })
    .onConflictDoUpdate({
      target: [quotas.epoch, quotas.account, quotas.service],
      set: {
        used: sql`${quotas.used} + ${COUNT}`,
        batches: sql`${quotas.batches} || ' ' || ${BATCH}`,
      },
      setWhere: sql`${quotas.used} + ${COUNT} <= ${LIMIT} and instr(${quotas.batches}, ${BATCH}) = 0`,
    })
    .returning({ used: quotas.used })
    .prepare(),
);

const readRow = prepared((db) => {
  const row = and(eq(quotas.epoch, EPOCH), eq(quotas.account, ACCOUNT), eq(quotas.service, SERVICE));
  return db.select().from(quotas).where(row).prepare();
});

/**
 * Counts a batch before it is signed: one statement, so that racing batches never pass the limit.
 * A batch that was counted is not counted again, whoever lost its answer.
 */
export function takeQuota(db: Db, take: Take): QuotaOutcome {
  const { epoch, account, service, count, limit, batch } = take;
  if (count <= limit && countBatch(db).all({ epoch, account, service, count, limit, batch }).length === 1) {
    return 'taken';
  }
  const kept = readRow(db).get({ epoch, account, service });
  return kept?.batches.split(' ').includes(batch) ? 'counted' : 'exhausted';
}

/** How many tokens the account drew. */
export function usedQuota(
  db: Db,
  { epoch, account, service }: Pick<Take, 'epoch' | 'account' | 'service'>,
): number {
  return readRow(db).get({ epoch, account, service })?.used ?? 0;
}

/** Forgets every epoch that began at this moment or before (under Node; a Durable Object goes whole). */
export function dropQuotasThrough(db: Db, epoch: number): void {
  db.delete(quotas).where(lte(quotas.epoch, epoch)).run();
}

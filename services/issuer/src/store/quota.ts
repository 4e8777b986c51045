import type { Db } from '@sotto/service/sqlite';
import { and, eq, lte, sql } from 'drizzle-orm';
import type { QuotaOutcome, QuotaCharge } from '../ports.ts';
import { prepared } from './prepared.ts';
import { quotas } from './schema.ts';

/** Responses to one batch: the first, and two more for a client that lost it. */
export const MAX_RESPONSES = 3;

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

const ROW = and(eq(quotas.epoch, EPOCH), eq(quotas.account, ACCOUNT), eq(quotas.service, SERVICE));

/** How often the row has the batch: once for each response. Digests have one length and spaces between them. */
const RESPONSES = sql`(length(${quotas.batches}) - length(replace(${quotas.batches}, ${BATCH}, ''))) / length(${BATCH})`;

const countResponse = prepared((db) =>
  db
    .update(quotas)
    .set({ batches: sql`${quotas.batches} || ' ' || ${BATCH}` })
    .where(and(ROW, sql`${RESPONSES} between 1 and ${MAX_RESPONSES - 1}`))
    .returning({ used: quotas.used })
    .prepare(),
);

const readRow = prepared((db) => db.select().from(quotas).where(ROW).prepare());

/**
 * Counts a batch before it is signed: one statement, so that concurrent batches never exceed the limit. A
 * batch is charged once, so a client that lost the response can send it again, twice.
 */
export function chargeQuota(db: Db, charge: QuotaCharge): QuotaOutcome {
  const { epoch, account, service, count, limit, batch } = charge;
  if (count <= limit && countBatch(db).all({ epoch, account, service, count, limit, batch }).length === 1) {
    return 'charged';
  }
  const isRepeated = countResponse(db).all({ epoch, account, service, batch }).length === 1;
  return isRepeated ? 'repeated' : 'exhausted';
}

/** The number of tokens issued to the account. */
export function usedQuota(
  db: Db,
  { epoch, account, service }: Pick<QuotaCharge, 'epoch' | 'account' | 'service'>,
): number {
  return readRow(db).get({ epoch, account, service })?.used ?? 0;
}

/** Deletes every epoch that began at this moment or earlier (under Node; a Durable Object is deleted as a whole). */
export function dropQuotasThrough(db: Db, epoch: number): void {
  db.delete(quotas).where(lte(quotas.epoch, epoch)).run();
}

import { codeOf, UNDEFINED_TABLE, type PostgresDb, type PostgresStore } from '@sotto/service/postgres';
import type { UnixSeconds } from '@sotto/wire';
import { and, eq, sql } from 'drizzle-orm';
import type { Quota, QuotaCharge, QuotaOutcome } from '../ports.ts';
import { MAX_RESPONSES } from '../store/quota.ts';
import { createQuotas, quotaName, quotaState, quotaTable } from './schema.ts';

const ACCOUNT = sql.placeholder('account');
const SERVICE = sql.placeholder('service');
const COUNT = sql`${sql.placeholder('count')}::integer`;
const LIMIT = sql`${sql.placeholder('limit')}::integer`;
const BATCH = sql`${sql.placeholder('batch')}::text`;
const MAX_EPOCHS = 8; // whose statements are kept

/** The statements of one epoch, as in SQLite. */
function statementsOf(db: PostgresDb, name: string) {
  const quotas = quotaTable(name);
  const isRow = and(eq(quotas.account, ACCOUNT), eq(quotas.service, SERVICE));
  const withBatch = sql`${quotas.batches} || ' ' || ${BATCH}`;
  const responses = sql`(length(${quotas.batches}) - length(replace(${quotas.batches}, ${BATCH}, ''))) / length(${BATCH})`;
  return {
    countBatch: db
      .insert(quotas)
      .values({ account: ACCOUNT, service: SERVICE, used: COUNT, batches: BATCH })
      .onConflictDoUpdate({
        target: [quotas.account, quotas.service],
        set: { used: sql`${quotas.used} + ${COUNT}`, batches: withBatch },
        setWhere: sql`${quotas.used} + ${COUNT} <= ${LIMIT} and strpos(${quotas.batches}, ${BATCH}) = 0`,
      })
      .returning({ used: quotas.used })
      .prepare(`charge_${name}`),
    countResponse: db
      .update(quotas)
      .set({ batches: withBatch })
      .where(and(isRow, sql`${responses} between 1 and ${sql.raw(`${MAX_RESPONSES - 1}`)}`))
      .returning({ used: quotas.used })
      .prepare(`repeat_${name}`),
    read: db.select().from(quotas).where(isRow).prepare(`used_${name}`),
  };
}

/** Quotas in PostgreSQL, one table for each epoch. Without its table an epoch has ended, whatever any clock says. */
export function postgresQuota({ db, run }: PostgresStore, isOver: (epoch: UnixSeconds) => boolean): Quota {
  const epochs = new Map<UnixSeconds, ReturnType<typeof statementsOf>>();
  const statements = (epoch: UnixSeconds): ReturnType<typeof statementsOf> => {
    if (epochs.size > MAX_EPOCHS) epochs.clear();
    const known = epochs.get(epoch) ?? statementsOf(db, quotaName(epoch));
    epochs.set(epoch, known);
    return known;
  };
  async function charge({
    epoch,
    account,
    service,
    count,
    limit,
    batch,
  }: QuotaCharge): Promise<QuotaOutcome> {
    const { countBatch, countResponse } = statements(epoch);
    if (
      count <= limit &&
      (await countBatch.execute({ account, service, count, limit, batch })).length === 1
    ) {
      return 'charged';
    }
    const isRepeated = (await countResponse.execute({ account, service, batch })).length === 1;
    return isRepeated ? 'repeated' : 'exhausted';
  }
  return {
    charge: async (one) =>
      isOver(one.epoch)
        ? 'ended'
        : unlessGone(
            run(() => charge(one)),
            'ended' as const,
          ),
    used: async ({ epoch, account, service }) =>
      unlessGone(
        run(async () => (await statements(epoch).read.execute({ account, service }))[0]?.used ?? 0),
        0,
      ),
  };
}

async function unlessGone<T, E>(work: Promise<T>, ended: E): Promise<T | E> {
  try {
    return await work;
  } catch (error) {
    if (codeOf((error as Error).cause) === UNDEFINED_TABLE) return ended;
    throw error;
  }
}

/** Makes the quotas of an epoch, unless they have ended. */
export async function beginQuotas(tx: PostgresDb, epoch: UnixSeconds): Promise<void> {
  await tx.insert(quotaState).values({ id: 1, endedThrough: -1 }).onConflictDoNothing();
  const [state] = await tx.select().from(quotaState).for('update');
  if (epoch > (state?.endedThrough ?? -1)) await tx.execute(sql.raw(createQuotas(quotaName(epoch))));
}

/** Drops the quotas of this epoch and of all earlier ones, permanently. */
export async function endQuotas(tx: PostgresDb, through: UnixSeconds): Promise<void> {
  const set = { endedThrough: sql`greatest(${quotaState.endedThrough}, ${through}::bigint)` };
  await tx
    .insert(quotaState)
    .values({ id: 1, endedThrough: through })
    .onConflictDoUpdate({ target: quotaState.id, set });
  for (const epoch of await quotaEpochs(tx)) {
    if (epoch <= through) await tx.execute(sql.raw(`drop table ${quotaName(epoch)}`));
  }
}

/** The epochs whose quotas are stored. */
export async function quotaEpochs(db: PostgresDb): Promise<UnixSeconds[]> {
  const { rows } = (await db.execute(
    sql`select tablename from pg_tables where schemaname = current_schema() and tablename ~ '^quotas_[0-9]+$'`,
  )) as { rows: { tablename: string }[] };
  return rows.map(({ tablename }) => Number(tablename.slice('quotas_'.length)));
}

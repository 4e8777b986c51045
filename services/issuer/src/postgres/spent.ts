import {
  batched,
  codeOf,
  UNDEFINED_TABLE,
  type PostgresDb,
  type PostgresStore,
} from '@sotto/service/postgres';
import { StoreError } from '@sotto/service/store';
import { concat, equalBytes, hex, monotonicClock, type Bytes, type UnixSeconds } from '@sotto/wire';
import { and, eq, isNull, or, sql, type SQL } from 'drizzle-orm';
import type { Ledger, Spend, SpendOutcome, SpentTokens } from '../ports.ts';
import { requireSound, type ServerGuard } from './lineage.ts';
import { ledgerName, ledgerTable } from './schema.ts';

const LANES = 2; // batches of one ledger at once
const MOST = 256; // tokens in a batch
const MAX_LEDGERS = 256; // whose statements are kept

const ID = sql.placeholder('id');
const TAG = sql.placeholder('tag');
const ENVELOPE = sql.placeholder('envelope');
const VISIT = sql`${sql.placeholder('visit')}::bytea`;
const IDEMPOTENT = sql.placeholder('idempotent');

/** The statements of one ledger, prepared on each connection at their first use there. */
function statementsOf(db: PostgresDb, name: string, { isSameLineage, hasStandby }: ServerGuard) {
  const spent = ledgerTable(name);
  const { envelope1, envelope2, envelope3 } = spent;
  const isSound = sql`${isSameLineage} and ${hasStandby}`;
  const isRow = eq(spent.id, ID);
  const isOther = (column: typeof envelope1 | typeof envelope2): SQL =>
    sql`substr(${column}, 1, 32) <> ${ENVELOPE}::bytea`;
  const isOwn = sql`${VISIT} in (${envelope1}, ${envelope2}, ${envelope3})`;
  const mayRetry = and(
    sql`${IDEMPOTENT}::boolean`,
    eq(spent.tag, TAG),
    isNull(envelope3),
    isOther(envelope1),
    or(isNull(envelope2), isOther(envelope2)),
  );
  const rows = sql`unnest(${sql.placeholder('ids')}::bytea[], ${sql.placeholder('tags')}::bytea[], ${sql.placeholder('visits')}::bytea[])`;
  return {
    /** Sorted, so that two batches never wait for each other. */
    insert: db
      .insert(spent)
      .select(
        sql`select id, tag, visit, null, null from ${rows} as t (id, tag, visit) where ${isSound} order by id`,
      )
      .onConflictDoNothing()
      .returning({ visit: envelope1 })
      .prepare(`insert_${name}`),
    /**
     * Accepts a retry, or confirms a call whose response was lost. It always writes: a row that is only read may be on no
     * standby yet.
     */
    confirm: db
      .update(spent)
      .set({
        envelope2: sql`case when ${isOwn} then ${envelope2} else coalesce(${envelope2}, ${VISIT}) end`,
        envelope3: sql`case when ${isOwn} or ${envelope2} is null then ${envelope3} else ${VISIT} end`,
      })
      .where(and(isRow, isSound, or(isOwn, mayRetry)))
      .returning({ isFirst: sql<boolean>`${envelope1} = ${VISIT}` })
      .prepare(`confirm_${name}`),
    read: db
      .select({ isSameLineage, hasStandby, row: spent })
      .from(sql`(select 1) as one`)
      .leftJoin(spent, isRow)
      .prepare(`read_${name}`),
  };
}
type Statements = ReturnType<typeof statementsOf>;

interface Visit {
  readonly spend: Spend;
  /** The envelope and the call, 40 bytes: tells which of two equal ids in a batch was inserted. */
  readonly visit: Bytes;
}

/** An array of bytea as PostgreSQL reads it. */
const literal = (values: readonly Bytes[]): string =>
  `{${values.map((value) => `"\\\\x${hex(value)}"`).join(',')}}`;

/** Spends many tokens of one ledger in one INSERT. */
async function spendAll(
  store: PostgresStore,
  { insert }: Statements,
  visits: readonly Visit[],
): Promise<ReadonlySet<string>> {
  const values = {
    ids: literal(visits.map(({ spend }) => spend.id)),
    tags: literal(visits.map(({ spend }) => spend.tag)),
    visits: literal(visits.map(({ visit }) => visit)),
  };
  const inserted = await store.run(() => insert.execute(values));
  return new Set(inserted.map(({ visit }) => hex(visit)));
}

/** A token that was spent before, or a call whose response was lost. */
function spendAgain(
  store: PostgresStore,
  { confirm, read }: Statements,
  { spend, visit }: Visit,
): Promise<SpendOutcome> {
  const { id, tag, envelope, idempotent } = spend;
  return store.run(async () => {
    const [confirmed] = await confirm.execute({ id, tag, envelope, idempotent, visit });
    if (confirmed !== undefined) return confirmed.isFirst ? 'first' : 'again';
    const [found] = await read.execute({ id });
    if (found === undefined) throw new StoreError('failed', 'a ledger cannot be read');
    requireSound(found);
    const { row } = found;
    if (row === null) throw new StoreError('failed', 'a spent token is in no ledger');
    const isReplay = [row.envelope1, row.envelope2, row.envelope3].some(
      (other) => other !== null && equalBytes(other.subarray(0, envelope.length), envelope),
    );
    return isReplay ? 'replayed' : 'spent';
  });
}

/** `ended` when the ledger is gone, whatever any clock says. */
async function unlessGone<T>(work: Promise<T>): Promise<T | 'ended'> {
  try {
    return await work;
  } catch (error) {
    if (codeOf((error as Error).cause) === UNDEFINED_TABLE) return 'ended';
    throw error;
  }
}

/**
 * Ledgers in PostgreSQL. Each is a table, which is made with its key and dropped with it, so that a ledger that was deleted
 * accepts nothing, not even from a process whose clock is behind.
 */
export function postgresSpentTokens(
  store: PostgresStore,
  { now, guard }: { readonly now: () => UnixSeconds; readonly guard: ServerGuard },
): SpentTokens {
  const clock = monotonicClock(now);
  const ledgers = new Map<string, (spend: Spend) => Promise<SpendOutcome>>();

  function openLedger(name: string): (spend: Spend) => Promise<SpendOutcome> {
    const statements = statementsOf(store.db, name, guard);
    const insert = batched<Visit, SpendOutcome>(
      async (visits) => {
        const firsts = await unlessGone(spendAll(store, statements, visits));
        return visits.map((one) => {
          if (firsts === 'ended') return 'ended';
          return firsts.has(hex(one.visit)) ? 'first' : unlessGone(spendAgain(store, statements, one));
        });
      },
      { lanes: LANES, most: MOST },
    );
    return (spend) => insert({ spend, visit: concat(spend.envelope, spend.call) });
  }

  return {
    async spend({ keyId, end }: Ledger, spend) {
      if (clock() >= end) return 'ended';
      const name = ledgerName(keyId);
      if (ledgers.size > MAX_LEDGERS) ledgers.clear();
      const ledger = ledgers.get(name) ?? openLedger(name);
      ledgers.set(name, ledger);
      return ledger(spend);
    },
    close: ({ keyId }) =>
      store.run(async (db) => void (await db.execute(sql.raw(`drop table if exists ${ledgerName(keyId)}`)))),
  };
}

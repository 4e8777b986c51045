import type { Db } from '@sotto/service/sqlite';
import { concat, equalBytes, type UnixSeconds } from '@sotto/wire';
import { and, eq, exists, inArray, isNull, lt, or, sql } from 'drizzle-orm';
import type { SpendOutcome, Spend } from '../ports.ts';
import { prepared } from './prepared.ts';
import { closedLedgers, spentTokens } from './schema.ts';

const LEDGER = sql.placeholder('ledger');
const ID = sql.placeholder('id');
const TAG = sql.placeholder('tag');
const ENVELOPE = sql.placeholder('envelope');
const VISIT = sql.placeholder('visit');

const { envelope1, envelope2, envelope3 } = spentTokens;
const ROW = and(eq(spentTokens.ledger, LEDGER), eq(spentTokens.id, ID));
const CLOSED = sql`select 1 from ${closedLedgers} where ${closedLedgers.ledger} = ${LEDGER}`;
const isOther = (column: typeof envelope1 | typeof envelope2) =>
  sql`substr(${column}, 1, length(${ENVELOPE})) <> ${ENVELOPE}`;

/** This statement decides. Most tokens need no other statement. */
const insertRow = prepared((db) =>
  db
    .insert(spentTokens)
    .select(sql`select ${LEDGER}, ${ID}, ${TAG}, ${VISIT}, null, null where not exists (${CLOSED})`)
    .onConflictDoNothing()
    .returning({ ledger: spentTokens.ledger })
    .prepare(),
);

const acceptRetry = prepared((db) =>
  db
    .update(spentTokens)
    .set({
      envelope2: sql`coalesce(${envelope2}, ${VISIT})`,
      envelope3: sql`case when ${envelope2} is null then null else ${VISIT} end`,
    })
    .where(
      and(
        ROW,
        eq(spentTokens.tag, TAG),
        isNull(envelope3),
        isOther(envelope1),
        or(isNull(envelope2), isOther(envelope2)),
      ),
    )
    .returning({ ledger: spentTokens.ledger })
    .prepare(),
);

const readRow = prepared((db) => db.select().from(spentTokens).where(ROW).prepare());

const readClosed = prepared((db) =>
  db.select().from(closedLedgers).where(eq(closedLedgers.ledger, LEDGER)).prepare(),
);

/**
 * Spends a token, in one synchronous block. The row count of one INSERT decides, never a SELECT before it. A
 * retry is accepted by one conditional UPDATE, so at most two of any number of concurrent retries succeed.
 *
 * @param ledger - the key's number within this store
 */
export function spendToken(db: Db, ledger: number, spend: Spend): SpendOutcome {
  const { id, tag, envelope, idempotent } = spend;
  const visit = concat(envelope, spend.call);
  if (insertRow(db).all({ ledger, id, tag, visit }).length === 1) return 'first';
  if (readClosed(db).get({ ledger }) !== undefined) return 'ended';
  if (idempotent && acceptRetry(db).all({ ledger, id, tag, envelope, visit }).length === 1) return 'again';
  const spent = readRow(db).get({ ledger, id });
  if (spent === undefined) return 'ended'; // the ledger was deleted in the meantime
  const visits = [spent.envelope1, spent.envelope2, spent.envelope3].filter((other) => other !== null);
  const seen = visits.findIndex((other) => equalBytes(other.subarray(0, envelope.length), envelope));
  const ours = visits[seen];
  if (ours === undefined) return 'spent';
  if (!equalBytes(ours, visit)) return 'replayed';
  return seen === 0 ? 'first' : 'again'; // the same call, whose response was lost
}

/** From now on, refuses every token of the ledger. */
export function closeLedger(db: Db, ledger: number, end: UnixSeconds): void {
  db.insert(closedLedgers).values({ ledger, end }).onConflictDoNothing().run();
}

/** Closed ledgers whose acceptance ended before this moment, and which have rows left. */
export function ledgersToDrop(db: Db, before: number): number[] {
  const rows = db
    .select({ id: spentTokens.id })
    .from(spentTokens)
    .where(eq(spentTokens.ledger, closedLedgers.ledger));
  const ended = and(lt(closedLedgers.end, before), exists(rows));
  return db
    .select()
    .from(closedLedgers)
    .where(ended)
    .all()
    .map(({ ledger }) => ledger);
}

const BATCH = 5000; // rows in one transaction, so that other calls do not wait long for the file

/**
 * Deletes up to BATCH rows of a ledger. Returns whether rows may be left. The ledger stays closed for ever: an empty
 * one would accept its tokens again, from a process whose clock is behind and which still holds the key.
 */
export function dropLedger(db: Db, ledger: number): boolean {
  const some = db
    .select({ id: spentTokens.id })
    .from(spentTokens)
    .where(eq(spentTokens.ledger, ledger))
    .limit(BATCH);
  const gone = db
    .delete(spentTokens)
    .where(and(eq(spentTokens.ledger, ledger), inArray(spentTokens.id, some)))
    .returning({ ledger: spentTokens.ledger })
    .all();
  return gone.length === BATCH;
}

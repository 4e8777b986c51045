import { concat, equalBytes, type UnixSeconds } from '@sotto/wire';
import { and, eq, inArray, isNull, lt, or, sql } from 'drizzle-orm';
import type { SpendOutcome, Spend } from '../ports.ts';
import type { Db } from './database.ts';
import { closedLedgers, spentTokens } from './spent-schema.ts';

/**
 * Spends a token, in one synchronous block: what decides is the row count of one INSERT, never a look
 * before it. A second answer is one conditional UPDATE, so of racing retries no more than three win.
 *
 * @param ledger - the key's number within this store
 */
export function spendToken(db: Db, ledger: number, spend: Spend): SpendOutcome {
  const { id, tag, envelope, idempotent } = spend;
  if (isClosed(db, ledger)) return 'ended';
  const visit = concat(envelope, spend.call);
  const inserted = db
    .insert(spentTokens)
    .values({ ledger, id, tag, envelope1: visit })
    .onConflictDoNothing()
    .returning({ ledger: spentTokens.ledger })
    .all();
  if (inserted.length === 1) return 'first';
  const row = and(eq(spentTokens.ledger, ledger), eq(spentTokens.id, id));
  if (idempotent) {
    const { envelope1, envelope2, envelope3 } = spentTokens;
    const again = db
      .update(spentTokens)
      .set({
        envelope2: sql`coalesce(${envelope2}, ${visit})`,
        envelope3: sql`case when ${envelope2} is null then null else ${visit} end`,
      })
      .where(
        and(
          row,
          eq(spentTokens.tag, tag),
          isNull(envelope3),
          sql`substr(${envelope1}, 1, ${envelope.length}) <> ${envelope}`,
          or(isNull(envelope2), sql`substr(${envelope2}, 1, ${envelope.length}) <> ${envelope}`),
        ),
      )
      .returning({ ledger: spentTokens.ledger })
      .all();
    if (again.length === 1) return 'again';
  }
  const spent = db.select().from(spentTokens).where(row).get();
  if (spent === undefined) return 'ended'; // the ledger was dropped meanwhile
  const visits = [spent.envelope1, spent.envelope2, spent.envelope3].filter((other) => other !== null);
  const seen = visits.findIndex((other) => equalBytes(other.subarray(0, envelope.length), envelope));
  const ours = visits[seen];
  if (ours === undefined) return 'spent';
  if (!equalBytes(ours, visit)) return 'replayed';
  return seen === 0 ? 'first' : 'again'; // this call itself, whose answer was lost
}

/** Refuses every token of the ledger from now on. */
export function closeLedger(db: Db, ledger: number, end: UnixSeconds): void {
  db.insert(closedLedgers).values({ ledger, end }).onConflictDoNothing().run();
}

function isClosed(db: Db, ledger: number): boolean {
  return db.select().from(closedLedgers).where(eq(closedLedgers.ledger, ledger)).get() !== undefined;
}

/** Ledgers that were closed and whose acceptance ended before this moment. */
export function ledgersToDrop(db: Db, before: number): number[] {
  const ended = db.select().from(closedLedgers).where(lt(closedLedgers.end, before)).all();
  return ended.map(({ ledger }) => ledger);
}

const BATCH = 5000; // rows a step, so that nobody waits long for the file

/** Forgets a ledger, a few thousand rows at a time. Returns whether rows are left. */
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
  if (gone.length === BATCH) return true;
  db.delete(closedLedgers).where(eq(closedLedgers.ledger, ledger)).run();
  return false;
}

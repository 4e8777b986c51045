import {
  copyOperatorRows,
  copyRows,
  LINEAGE,
  movingFrom,
  type PostgresDb,
  type PostgresStore,
} from '@sotto/service/postgres';
import { openToMove, type DatabaseFile } from '@sotto/service/sqlite/file';
import { acceptedUntil } from '@sotto/wire';
import { and, asc, eq, gt, sql } from 'drizzle-orm';
import { ISSUER_FILE, ledgerNumber } from '../node/ports.ts';
import * as sqlite from '../store/schema.ts';
import { closeLedger } from '../store/spent.ts';
import { beginQuotas, endQuotas, quotaEpochs } from './quota.ts';
import {
  createLedger,
  issuerKeys,
  issuerState,
  ledgerName,
  ledgerTable,
  quotaName,
  quotaTable,
} from './schema.ts';

/** The databases that receive the contents of a file. */
export interface MoveDeps {
  readonly store: PostgresStore;
  readonly quotaStore: PostgresStore;
}

/** What was moved: rows. */
export interface RowCounts {
  readonly keys: number;
  readonly spent: number;
  readonly quotas: number;
}

const PAGE = 10_000; // spent tokens in memory at once

/**
 * Moves everything that the issuer's file holds to an empty database: keys with their wrapped secrets, ledgers, quotas, counts, acts and
 * the state, with the lineage of this database.
 *
 * Before a row is read, the file is marked and its ledgers are closed, so a process that still has it open redeems nothing
 * that the database would accept once more.
 *
 * @throws {ConfigError}
 */
export function moveIssuer(path: string, { store, quotaStore }: MoveDeps): Promise<RowCounts> {
  const isEmpty = async (db: PostgresDb): Promise<boolean> => (await db.$count(issuerState)) === 0;
  return movingFrom(store, isEmpty, async (tx) => {
    const file = openToMove(path, ISSUER_FILE);
    try {
      closeAll(file);
      const keys = file.db.select().from(sqlite.issuerKeys).all();
      const [state] = file.db.select().from(sqlite.issuerState).all();
      if (state === undefined) return { keys: 0, spent: 0, quotas: 0 }; // no issuer has started with it
      await tx.insert(issuerState).values({ ...state, lineage: LINEAGE as never });
      await copyRows(tx, issuerKeys, [keys]);
      let spent = 0;
      for (const { keyId } of keys) {
        await tx.execute(sql.raw(createLedger(ledgerName(keyId))));
        spent += await copyRows(
          tx,
          ledgerTable(ledgerName(keyId)),
          ledgerPages(file, ledgerNumber({ keyId })),
        );
      }
      await copyOperatorRows(tx, file);
      const epochs = [...new Set(keys.map(({ epoch }) => epoch))];
      const copyQuotas = (db: PostgresDb): Promise<number> =>
        moveQuotas(file, db, epochs, state.retiredThrough);
      // Quotas on a cluster of their own are moved before the keys. If the rest fails, the next attempt
      // replaces them.
      const quotas =
        quotaStore === store
          ? await copyQuotas(tx)
          : await quotaStore.db.transaction((other) => copyQuotas(other as unknown as PostgresDb));
      return { keys: keys.length, spent, quotas };
    } finally {
      file.close();
    }
  });
}

/** Every token of the file is refused from now on, by processes that have its keys in memory too. */
function closeAll({ db, atomically }: DatabaseFile): void {
  atomically(() => {
    const [state] = db.select().from(sqlite.issuerState).all();
    for (const { keyId, epoch } of db.select().from(sqlite.issuerKeys).all()) {
      closeLedger(db, ledgerNumber({ keyId }), acceptedUntil(epoch, state?.epochSeconds ?? 0));
    }
  });
}

/** The rows of a ledger in the order of their digests, some at a time. */
function* ledgerPages({ db }: DatabaseFile, ledger: number) {
  let after = new Uint8Array();
  for (;;) {
    const page = db
      .select()
      .from(sqlite.spentTokens)
      .where(and(eq(sqlite.spentTokens.ledger, ledger), gt(sqlite.spentTokens.id, after)))
      .orderBy(asc(sqlite.spentTokens.id))
      .limit(PAGE)
      .all();
    const last = page.at(-1);
    if (last === undefined) return;
    yield page.map(({ ledger: _ledger, ...row }) => row);
    after = last.id;
  }
}

/** Quotas of the epochs that have keys; those of others are over. */
async function moveQuotas(
  { db }: DatabaseFile,
  tx: PostgresDb,
  epochs: readonly number[],
  retiredThrough: number,
): Promise<number> {
  for (const epoch of await quotaEpochs(tx)) await tx.execute(sql.raw(`drop table ${quotaName(epoch)}`));
  await endQuotas(tx, retiredThrough);
  let moved = 0;
  for (const epoch of epochs) {
    await beginQuotas(tx, epoch);
    const rows = db.select().from(sqlite.quotas).where(eq(sqlite.quotas.epoch, epoch)).all();
    moved += await copyRows(tx, quotaTable(quotaName(epoch)), [rows.map(({ epoch: _epoch, ...row }) => row)]);
  }
  return moved;
}

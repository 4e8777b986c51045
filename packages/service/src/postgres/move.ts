import { asc, sql, type InferInsertModel } from 'drizzle-orm';
import type { PgTable } from 'drizzle-orm/pg-core';
import { ConfigError } from '../config/index.ts';
import type { Database } from '../sqlite/database.ts';
import * as sqlite from '../sqlite/operator.ts';
import type { PostgresDb, PostgresStore } from './database.ts';
import { counters, operatorActs } from './operator.ts';

const ROWS = 2000; // in one statement, which has 65,535 parameters at most
const OCCUPIED = 'must not be set any more: STORE has contents. Remove it, or name an empty database';

/**
 * Moves the contents of a file in one transaction: all of it arrives, or nothing does.
 *
 * @param isEmpty - whether the database is; another one is refused before the file is touched
 * @param copy - opens the file and copies its rows
 * @throws {ConfigError} with the place MOVE_FROM
 */
export async function movingFrom<T>(
  { db, run }: PostgresStore,
  isEmpty: (db: PostgresDb) => Promise<boolean>,
  copy: (tx: PostgresDb) => Promise<T>,
): Promise<T> {
  if (!(await run(isEmpty))) throw new ConfigError('MOVE_FROM', OCCUPIED);
  try {
    // A ledger may take minutes, so this has none of the deadlines of `transact`.
    return await db.transaction(async (tx) => {
      await tx.execute(sql`set local statement_timeout = 0`);
      return copy(tx);
    });
  } catch (error) {
    if (error instanceof ConfigError && error.path === 'STORE') {
      throw new ConfigError('MOVE_FROM', error.message.slice('STORE: '.length), { cause: error });
    }
    throw error;
  }
}

/**
 * Copies rows into an empty table. Returns their number.
 *
 * @param pages - the rows, some at a time, so that a large table is not in memory at once
 */
export async function copyRows<Table extends PgTable>(
  tx: PostgresDb,
  table: Table,
  pages: Iterable<readonly InferInsertModel<Table>[]>,
): Promise<number> {
  let read = 0;
  for (const page of pages) {
    for (let from = 0; from < page.length; from += ROWS) {
      await tx.insert(table).values(page.slice(from, from + ROWS) as never);
    }
    read += page.length;
  }
  const stored = await tx.$count(table);
  if (stored !== read)
    throw new ConfigError(
      'MOVE_FROM',
      `has ${read} rows where STORE got ${stored}. Repeat the move into an empty database`,
    );
  return stored;
}

/** Copies what both services keep for their operator: counts, and acts in their order. */
export async function copyOperatorRows(tx: PostgresDb, { db }: Database): Promise<void> {
  await copyRows(tx, counters, [db.select().from(sqlite.counters).all()]);
  const acts = db.select().from(sqlite.operatorActs).orderBy(asc(sqlite.operatorActs.id)).all();
  await copyRows(tx, operatorActs, [acts.map(({ id: _id, ...act }) => act)]);
}

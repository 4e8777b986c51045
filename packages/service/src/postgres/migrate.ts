import { sql } from 'drizzle-orm';
import { NewerSchemaError, statementsOf, type Migrations } from '../migrations.ts';
import type { PostgresDb, PostgresStore } from './database.ts';

/** Any number: processes that migrate at the same time take turns. */
const MIGRATION_LOCK = 1_399_813_975;

/**
 * Applies the migrations that the database lacks, in one transaction. CREATE TABLE IF NOT EXISTS alone would race with itself,
 * so the transaction first takes a lock.
 *
 * @throws {NewerSchemaError} and changes nothing
 */
export async function migratePostgres(store: PostgresStore, migrations: Migrations): Promise<void> {
  if ((await store.run((db) => missing(db, migrations))).length === 0) return;
  await store.transact(async (tx) => {
    // Waiting for others is bounded by statement_timeout, after which it is tried again.
    await tx.execute(sql`set local lock_timeout = 0`);
    await tx.execute(sql`select pg_advisory_xact_lock(${MIGRATION_LOCK})`);
    await tx.execute(sql`create table if not exists sotto_migrations (name text primary key)`);
    for (const name of await missing(tx, migrations)) {
      for (const statement of statementsOf(migrations[name] ?? '')) await tx.execute(sql.raw(statement));
      await tx.execute(sql`insert into sotto_migrations values (${name})`);
    }
  });
}

/** The migrations that were not applied, in their order. */
async function missing(db: PostgresDb, migrations: Migrations): Promise<string[]> {
  const { rows: found } = await db.execute(
    sql`select to_regclass('sotto_migrations') is not null as is_there`,
  );
  const names = Object.keys(migrations).toSorted();
  if (!(found as { is_there: boolean }[])[0]?.is_there) return names;
  const { rows } = await db.execute(sql`select name from sotto_migrations`);
  const applied = new Set((rows as { name: string }[]).map(({ name }) => name));
  for (const name of applied) {
    if (migrations[name] === undefined) throw new NewerSchemaError(`migration ${name} is not known here`);
  }
  return names.filter((name) => !applied.has(name));
}

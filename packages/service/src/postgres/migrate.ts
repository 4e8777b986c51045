import { sql } from 'drizzle-orm';
import { NewerSchemaError, statementsOf, type Migrations } from '../migrations.ts';
import type { PostgresStore } from './database.ts';

/** Any number: processes that migrate at the same time take turns. */
const MIGRATION_LOCK = 1_399_813_975;

/**
 * Applies the migrations that the database lacks, in one transaction. CREATE TABLE IF NOT EXISTS alone would race with itself,
 * so that the transaction first takes a lock.
 *
 * @throws {NewerSchemaError} and changes nothing
 */
export function migratePostgres({ transact }: PostgresStore, migrations: Migrations): Promise<void> {
  return transact(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(${MIGRATION_LOCK})`);
    await tx.execute(sql`create table if not exists sotto_migrations (name text primary key)`);
    const rows = (await tx.execute(sql`select name from sotto_migrations`)) as { rows: { name: string }[] };
    const applied = new Set(rows.rows.map(({ name }) => name));
    for (const name of applied) {
      if (migrations[name] === undefined) throw new NewerSchemaError(`migration ${name} is not known here`);
    }
    for (const [name, text] of Object.entries(migrations).toSorted(([a], [b]) => (a < b ? -1 : 1))) {
      if (applied.has(name)) continue;
      for (const statement of statementsOf(text)) await tx.execute(sql.raw(statement));
      await tx.execute(sql`insert into sotto_migrations values (${name})`);
    }
  });
}

import { sql } from 'drizzle-orm';
import { NewerSchemaError, statementsOf, type Migrations } from '../migrations.ts';
import type { Database } from './database.ts';

/** The table of drizzle's own migrator, which older versions used. `hash` and `applied_at` stay empty. */
const TABLE = sql`__drizzle_migrations`;
const CREATE_TABLE = sql`
  CREATE TABLE IF NOT EXISTS ${TABLE} (id INTEGER PRIMARY KEY, hash text NOT NULL, created_at numeric, name text, applied_at TEXT)`;

/**
 * Applies the migrations that the database lacks, in one transaction. Returns whether there were any.
 *
 * It takes the place of drizzle's migrator, which records when each migration ran (our ledgers keep no times), and
 * which on Node begins a transaction that two processes can both enter.
 *
 * @throws {NewerSchemaError} and changes nothing
 */
export function migrate({ db, atomically }: Database, migrations: Migrations): boolean {
  return atomically(() => {
    db.run(CREATE_TABLE);
    const rows = db.all<{ name: string }>(sql`SELECT name FROM ${TABLE}`);
    const applied = new Set(rows.map(({ name }) => name));
    for (const name of applied) {
      if (migrations[name] === undefined) throw new NewerSchemaError(`migration ${name} is not known here`);
    }
    const missing = Object.entries(migrations).filter(([name]) => !applied.has(name));
    for (const [name, text] of missing.toSorted(([a], [b]) => (a < b ? -1 : 1))) {
      for (const statement of statementsOf(text)) db.run(sql.raw(statement));
      db.run(sql`INSERT INTO ${TABLE} (hash, name) VALUES ('', ${name})`);
    }
    return missing.length > 0;
  });
}

import { drizzle } from 'drizzle-orm/durable-sqlite';
import type { Database } from './database.ts';
import type { Migrations } from '../migrations.ts';
import { migrate } from './migrate.ts';

/** A database that was just opened. */
interface OpenedDatabase extends Database {
  /** Whether its schema was made or changed now. */
  readonly isMigrated: boolean;
}

/** The database of a Durable Object, brought up to the current schema. */
export function openStorage(storage: DurableObjectStorage, migrations: Migrations): OpenedDatabase {
  const database: Database = {
    db: drizzle(storage),
    atomically: (work) => storage.transactionSync(work),
  };
  return { ...database, isMigrated: migrate(database, migrations) };
}

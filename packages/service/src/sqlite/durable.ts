import { drizzle } from 'drizzle-orm/durable-sqlite';
import type { Database } from './database.ts';
import type { Migrations } from '../migrations.ts';
import { migrate } from './migrate.ts';

/** The database of a Durable Object, brought up to the current schema. */
export function openStorage(storage: DurableObjectStorage, migrations: Migrations): Database {
  const database: Database = {
    db: drizzle(storage),
    atomically: (work) => storage.transactionSync(work),
  };
  migrate(database, migrations);
  return database;
}

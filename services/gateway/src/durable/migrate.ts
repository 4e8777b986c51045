import { drizzle } from 'drizzle-orm/durable-sqlite';
import { migrate } from 'drizzle-orm/durable-sqlite/migrator';
import init from '../../migrations/20261123003654_init/migration.sql';
import type { SyncDatabase } from '../keys/sql-key-store.ts';

/** The object's own database, brought up to the schema. */
export function openDatabase(storage: DurableObjectStorage): SyncDatabase {
  const db = drizzle(storage);
  migrate(db, { migrations: { '20261123003654_init': init } });
  return db;
}

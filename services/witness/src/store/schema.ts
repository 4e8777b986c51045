import { encodedBytes } from '@sotto/service/sqlite';
import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';

/** @public for drizzle-kit, which reads the whole schema here */
export { counters } from '@sotto/service/sqlite/operator';

/** Of each log the largest checkpoint that was accepted. A row is never replaced by another history. */
export const acceptedHeads = sqliteTable('accepted_heads', {
  origin: text('origin').primaryKey(),
  size: integer('size').notNull(),
  root: encodedBytes('root').notNull(),
  note: text('note').notNull(),
});

/** Of each log the checkpoint that this mirror cosigned: it has all its entries. */
export const mirroredHeads = sqliteTable('mirrored_heads', {
  origin: text('origin').primaryKey(),
  size: integer('size').notNull(),
  root: encodedBytes('root').notNull(),
  note: text('note').notNull(),
});

/** Entries of the logs. They are public and are never deleted. */
export const entries = sqliteTable(
  'entries',
  {
    origin: text('origin').notNull(),
    index: integer('index').notNull(),
    entry: encodedBytes('entry').notNull(),
    leaf: encodedBytes('leaf').notNull(), // leaf hash, 32 bytes
  },
  (t) => [primaryKey({ columns: [t.origin, t.index] })],
);

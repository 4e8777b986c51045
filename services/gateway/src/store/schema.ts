import { encodedBytes } from '@sotto/service/sqlite';
import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';

/** @public for drizzle-kit, which reads the whole schema here */
export { counters, operatorActs } from '@sotto/service/sqlite/operator';

/** One OHTTP key pair for each epoch and KEM. */
export const ohttpKeys = sqliteTable(
  'ohttp_keys',
  {
    epochIndex: integer('sequence').notNull(),
    kemId: integer('kem_id').notNull(),
    keyId: integer('key_id').notNull(),
    publicKey: encodedBytes('public_key').notNull(),
    /** The private key under KEY_WRAPPING_KEY, which no store holds. */
    wrapped: encodedBytes('wrapped').notNull(),
  },
  (t) => [primaryKey({ columns: [t.epochIndex, t.kemId] })],
);

/** The HMAC key of an epoch's tags and envelopes, wrapped. */
export const tagKeys = sqliteTable('tag_keys', {
  epochIndex: integer('sequence').primaryKey(),
  wrapped: encodedBytes('wrapped').notNull(),
});

/** The bundle of an epoch. It is public; without a signature it is not served. */
export const bundles = sqliteTable('bundles', {
  epochIndex: integer('sequence').primaryKey(),
  bundle: encodedBytes('bundle').notNull(),
  signature: encodedBytes('signature'),
  /** The signature of the bundle's conversion to version 1. */
  signature1: encodedBytes('signature_1'),
  proof: text('proof'),
});

/** One row: epochs below `before` were destroyed and never come back. */
export const destroyed = sqliteTable('destroyed', {
  id: integer('id').primaryKey(),
  before: integer('before').notNull(),
});

/** One row: the highest revision of the issuer's store that was seen. */
export const issuerRevision = sqliteTable('issuer_revision', {
  id: integer('id').primaryKey(), // 0
  revision: integer('revision').notNull(),
});

/** One row: the latest expiry among the envelopes that were deleted. An envelope that expires by then may be one of them. */
export const forgotten = sqliteTable('forgotten', {
  id: integer('id').primaryKey(), // 0
  through: integer('through').notNull(), // UnixSeconds
});

/** One row for each envelope to a service without tokens: an HMAC, and the last second in which it would be accepted. */
export const envelopes = sqliteTable(
  'envelopes',
  {
    envelope: encodedBytes('envelope').primaryKey(),
    expires: integer('expires').notNull(),
  },
  (t) => [index('envelopes_expires').on(t.expires)],
);

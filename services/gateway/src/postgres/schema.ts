import { bytes, whole } from '@sotto/service/postgres';
import { index, integer, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';

/** @public for drizzle-kit, which reads the whole schema here */
export { counters, operatorActs } from '@sotto/service/postgres';

/** One OHTTP key pair for each epoch and KEM. */
export const ohttpKeys = pgTable(
  'ohttp_keys',
  {
    epochIndex: whole('epoch_index').notNull(),
    kemId: integer('kem_id').notNull(),
    keyId: integer('key_id').notNull(),
    publicKey: bytes('public_key').notNull(),
    /** The private key under KEY_WRAPPING_KEY, which no store holds. */
    wrapped: bytes('wrapped').notNull(),
  },
  (t) => [primaryKey({ columns: [t.epochIndex, t.kemId] })],
);

/** The HMAC key of an epoch's tags and envelopes, wrapped. */
export const tagKeys = pgTable('tag_keys', {
  epochIndex: whole('epoch_index').primaryKey(),
  wrapped: bytes('wrapped').notNull(),
});

/** The bundle of an epoch. It is public; without a signature it is not served. */
export const bundles = pgTable('bundles', {
  epochIndex: whole('epoch_index').primaryKey(),
  bundle: bytes('bundle').notNull(),
  signature: bytes('signature'),
  /** The signature of the bundle's conversion to version 1. */
  signature1: bytes('signature_1'),
  proof: text('proof'),
});

/**
 * One row: epochs below `before` were destroyed and never come back. Adding takes a shared lock on it,
 * destroying an exclusive one.
 */
export const destroyed = pgTable('destroyed', {
  id: integer('id').primaryKey(), // 0
  before: whole('before').notNull(),
});

/** One row: the highest revision of the issuer's store that was seen. */
export const issuerRevision = pgTable('issuer_revision', {
  id: integer('id').primaryKey(), // 0
  revision: whole('revision').notNull(),
});

/** One row: envelopes that expire by then may have been deleted, so they are not admitted. */
export const forgotten = pgTable('forgotten', {
  id: integer('id').primaryKey(), // 0
  through: whole('through').notNull(), // UnixSeconds
});

/** One row for each envelope to a service without tokens: an HMAC, and the last second in which it would be accepted. */
export const envelopes = pgTable(
  'envelopes',
  {
    envelope: bytes('envelope').primaryKey(),
    expires: whole('expires').notNull(),
  },
  (t) => [index('envelopes_expires').on(t.expires)],
);

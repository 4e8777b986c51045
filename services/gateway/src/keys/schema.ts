import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';

/** Bytes are unpadded base64url: one text in Durable Objects and in Node. */

/** One OHTTP key pair an epoch and KEM. The private key is wrapped under a key that is not in here. */
export const ohttpKeys = sqliteTable(
  'ohttp_keys',
  {
    epochIndex: integer('sequence').notNull(),
    kemId: integer('kem_id').notNull(),
    keyId: integer('key_id').notNull(),
    publicKey: text('public_key').notNull(),
    wrapped: text('wrapped').notNull(),
  },
  (t) => [primaryKey({ columns: [t.epochIndex, t.kemId] })],
);

/** The HMAC key of an epoch's tags and envelopes, wrapped. */
export const tagKeys = sqliteTable('tag_keys', {
  epochIndex: integer('sequence').primaryKey(),
  wrapped: text('wrapped').notNull(),
});

/** The bundle of an epoch. It is public; without a signature it is not served. */
export const bundles = sqliteTable('bundles', {
  epochIndex: integer('sequence').primaryKey(),
  bundle: text('bundle').notNull(),
  signature: text('signature'),
});

/** One row: epochs below it were destroyed, and none of them comes back. */
export const destroyed = sqliteTable('destroyed', {
  id: integer('id').primaryKey(),
  before: integer('before').notNull(),
});

/** One row an envelope to a service without tokens: an HMAC, and until when it counts. */
export const envelopes = sqliteTable(
  'envelopes',
  {
    envelope: text('envelope').primaryKey(),
    expires: integer('expires').notNull(),
  },
  (t) => [index('envelopes_expires').on(t.expires)],
);

import { integer, primaryKey, sqliteTable } from 'drizzle-orm/sqlite-core';
import { bytes } from './bytes.ts';

/**
 * One row a spent token, in the ledger of its key. A row says that a token was spent and what may be
 * answered again, and nothing else: a time, an address or an account beside it would help link a
 * redemption to an issuance. Rows go with their ledger, so no column of expiry is needed.
 */
export const spentTokens = sqliteTable(
  'spent_tokens',
  {
    /** The key's ledger (48 bits of token_key_id): a file under Node holds those of several keys. */
    ledger: integer('ledger').notNull(),
    /** SHA-256 of token_key_id and nonce: 32 bytes. */
    id: bytes('id').notNull(),
    /** The gateway's tag of the inner request: 32 bytes, an HMAC under a key that we do not hold. */
    tag: bytes('tag').notNull(),
    /** The gateway's tags of up to three envelopes that brought it, 32 bytes, each with its call, 8 bytes. */
    envelope1: bytes('envelope_1').notNull(),
    envelope2: bytes('envelope_2'),
    envelope3: bytes('envelope_3'),
  },
  (table) => [primaryKey({ columns: [table.ledger, table.id] })],
);

/** Ledgers of destroyed keys: no token of theirs is good any more, whoever still holds the key. */
export const closedLedgers = sqliteTable('closed_ledgers', {
  ledger: integer('ledger').primaryKey(),
  /** Where acceptance would have ended in any case, UnixSeconds: soon after, the ledger may go. */
  end: integer('end').notNull(),
});

export const SPENT_TABLES: readonly string[] = [
  `CREATE TABLE IF NOT EXISTS spent_tokens (
    ledger INTEGER NOT NULL,
    id BLOB NOT NULL,
    tag BLOB NOT NULL,
    envelope_1 BLOB NOT NULL,
    envelope_2 BLOB,
    envelope_3 BLOB,
    PRIMARY KEY (ledger, id)
  ) STRICT, WITHOUT ROWID`,
  'CREATE TABLE IF NOT EXISTS closed_ledgers (ledger INTEGER PRIMARY KEY, end INTEGER NOT NULL) STRICT',
];

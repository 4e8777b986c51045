import type { Bytes } from '@sotto/wire';
import { customType, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';

/** A BLOB. Durable Objects return it as an ArrayBuffer, node:sqlite as a Uint8Array. */
const bytes = customType<{ data: Bytes; driverData: ArrayBuffer | Uint8Array<ArrayBuffer> }>({
  dataType: () => 'blob',
  fromDriver: (value) => new Uint8Array(value),
});

/** The issuer's keys: current, previous and made ahead. A row is deleted when its key is destroyed. */
export const issuerKeys = sqliteTable(
  'issuer_keys',
  {
    service: text('service').notNull(),
    epoch: integer('epoch').notNull(), // its start, UnixSeconds
    type: integer('type').notNull(), // token type
    /** token_key_id: 32 bytes. */
    keyId: bytes('key_id').notNull(),
    /** truncated_token_key_id: distinct among the keys that exist. */
    truncated: integer('truncated').notNull().unique(),
    publicKey: bytes('public_key').notNull(), // Ne bytes
    /** The secret scalar under KEY_WRAPPING_KEY, which no store holds. */
    wrapped: bytes('wrapped').notNull(),
    /** The number of ledgers that the key's tokens are spread over. It never changes for a key. */
    shards: integer('shards').notNull(),
    /** Evaluations reserved so far, of the key's ceiling. */
    evaluations: integer('evaluations').notNull().default(0),
  },
  (table) => [primaryKey({ columns: [table.service, table.epoch, table.type] })],
);

/** One row of values that must never decrease. */
export const issuerState = sqliteTable('issuer_state', {
  id: integer('id').primaryKey(), // 1
  /** The latest epoch that was current. */
  epoch: integer('epoch').notNull(),
  /** The number of times that every key was retired. */
  generation: integer('generation').notNull(),
  /** Epochs up to this one have no keys and get none, because a restore retired them. -1 without a restore. */
  retiredThrough: integer('retired_through').notNull(),
  /** The length of the epochs that every key was made for, in seconds. */
  epochSeconds: integer('epoch_seconds').notNull(),
  /** The name in the challenges of every key; null in stores of the first release until their next run. */
  issuerName: text('issuer_name'),
  /** Which ACCOUNT_KEY counts in the current epoch: 16 bytes; null until the first run. */
  accountKeyId: bytes('account_key_id'),
  /** Grows with what the store accepts. The gateway remembers the highest, so an older copy of the store is noticed. */
  revision: integer('revision').notNull().default(0),
});

/** @public for drizzle-kit, which reads the whole schema here */
export { counters, operatorActs } from '@sotto/service/sqlite/operator';

/** The number of tokens that an account was issued, by service and epoch. Deleted with its epoch. */
export const quotas = sqliteTable(
  'quotas',
  {
    epoch: integer('epoch').notNull(), // its start, UnixSeconds
    /** A keyed hash of the account, different in every epoch: 32 bytes. */
    account: bytes('account').notNull(),
    service: text('service').notNull(),
    used: integer('used').notNull(), // tokens
    /** A digest of each counted batch, in hexadecimal, separated by spaces. */
    batches: text('batches').notNull(),
  },
  (table) => [primaryKey({ columns: [table.epoch, table.account, table.service] })],
);

/**
 * One row for each spent token, in the ledger of its key. It holds what decides whether a retry is accepted and nothing
 * else: a time, an address or an account would help to link a redemption to an issuance. A ledger is deleted as a whole.
 */
export const spentTokens = sqliteTable(
  'spent_tokens',
  {
    /** The key's ledger (48 bits of token_key_id). A file under Node holds the ledgers of several keys. */
    ledger: integer('ledger').notNull(),
    /** SHA-256 of token_key_id and nonce: 32 bytes. */
    id: bytes('id').notNull(),
    /** The gateway's tag of the inner request: 32 bytes, an HMAC under a key that the issuer does not hold. */
    tag: bytes('tag').notNull(),
    /** The gateway's tags of up to three envelopes that carried it, 32 bytes, each with its call, 8 bytes. */
    envelope1: bytes('envelope_1').notNull(),
    envelope2: bytes('envelope_2'),
    envelope3: bytes('envelope_3'),
  },
  (table) => [primaryKey({ columns: [table.ledger, table.id] })],
);

/** Ledgers of destroyed keys: their tokens are refused, even by a process that still holds the key. */
export const closedLedgers = sqliteTable('closed_ledgers', {
  ledger: integer('ledger').primaryKey(),
  /** The end of acceptance, UnixSeconds. The rows of the ledger may be deleted some time after it; this row stays. */
  end: integer('end').notNull(),
});

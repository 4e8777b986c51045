import { bytes, whole } from '@sotto/service/postgres';
import { hex, type Bytes, type UnixSeconds } from '@sotto/wire';
import { integer, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';

/** The issuer's keys: current, previous and made ahead. A row and the ledger of its key are made and deleted together. */
export const issuerKeys = pgTable(
  'issuer_keys',
  {
    service: text('service').notNull(),
    epoch: whole('epoch').notNull(), // its start, UnixSeconds
    type: integer('type').notNull(), // token type
    /** token_key_id: 32 bytes. */
    keyId: bytes('key_id').notNull(),
    /** truncated_token_key_id: distinct among the keys that exist. */
    truncated: integer('truncated').notNull().unique(),
    publicKey: bytes('public_key').notNull(), // Ne bytes
    /** The secret scalar under KEY_WRAPPING_KEY, which no store holds. */
    wrapped: bytes('wrapped').notNull(),
    /** The number of ledgers on Workers. Here each key has one. */
    shards: integer('shards').notNull(),
    /** Evaluations reserved so far, of the key's ceiling. */
    evaluations: whole('evaluations').notNull().default(0),
  },
  (table) => [primaryKey({ columns: [table.service, table.epoch, table.type] })],
);

/** One row of values that must never decrease. It is the lock under which keys are made and destroyed. */
export const issuerState = pgTable('issuer_state', {
  id: integer('id').primaryKey(), // 1
  epoch: whole('epoch').notNull(),
  generation: integer('generation').notNull(),
  retiredThrough: whole('retired_through').notNull(),
  epochSeconds: integer('epoch_seconds').notNull(),
  issuerName: text('issuer_name'),
  accountKeyId: bytes('account_key_id'),
  revision: whole('revision').notNull(),
  /** The server that these keys may be used on, as `<system identifier>/<timeline>`. */
  lineage: text('lineage').notNull(),
});

/** One row: epochs up to this one have no quotas and get none. */
export const quotaState = pgTable('quota_state', {
  id: integer('id').primaryKey(), // 1
  endedThrough: whole('ended_through').notNull(),
});

/** @public for drizzle-kit, which reads the whole schema here */
export { counters, operatorActs } from '@sotto/service/postgres';

/** The spent tokens of one key. Only what decides whether a retry is accepted, as in SQLite. */
export const ledgerTable = (name: string) =>
  pgTable(name, {
    /** SHA-256 of token_key_id and nonce: 32 bytes. */
    id: bytes('id').primaryKey(),
    tag: bytes('tag').notNull(),
    envelope1: bytes('envelope_1').notNull(),
    envelope2: bytes('envelope_2'),
    envelope3: bytes('envelope_3'),
  });

/** The quotas of one epoch. */
export const quotaTable = (name: string) =>
  pgTable(
    name,
    {
      account: bytes('account').notNull(),
      service: text('service').notNull(),
      used: integer('used').notNull(), // tokens
      /** A digest of each counted batch, in hexadecimal, separated by spaces. */
      batches: text('batches').notNull(),
    },
    (table) => [primaryKey({ columns: [table.account, table.service] })],
  );

/** 96 bits of the key's id, since a name has 63 bytes at most. */
export const ledgerName = (keyId: Bytes): string => `spent_${hex(keyId.subarray(0, 12))}`;
export const quotaName = (epoch: UnixSeconds): string => `quotas_${epoch}`;

export const createLedger = (name: string): string =>
  `CREATE TABLE ${name} (
    id bytea PRIMARY KEY, tag bytea NOT NULL, envelope_1 bytea NOT NULL, envelope_2 bytea, envelope_3 bytea)`;

export const createQuotas = (name: string): string =>
  `CREATE TABLE IF NOT EXISTS ${name} (
    account bytea NOT NULL, service text NOT NULL, used integer NOT NULL, batches text NOT NULL,
    PRIMARY KEY (account, service))`;

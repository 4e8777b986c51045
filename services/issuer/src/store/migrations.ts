import type { Migrations } from '@sotto/service/migrations';

/** Written by `npm run migration`: the SQL in `migrations/`. */
export const MIGRATIONS: Migrations = {
  '20261126074019_init': `
-- Edited by hand after drizzle-kit, which knows neither STRICT nor WITHOUT ROWID. Without a rowid, the order of rows does not
-- show the order in which tokens were spent. IF NOT EXISTS: stores of the first release have these tables already.
CREATE TABLE IF NOT EXISTS "closed_ledgers" (
	"ledger" integer PRIMARY KEY,
	"end" integer NOT NULL
) STRICT;
--> statement-breakpoint
CREATE TABLE IF NOT EXISTS "counters" (
	"cell" text PRIMARY KEY,
	"count" integer NOT NULL
) STRICT;
--> statement-breakpoint
CREATE TABLE IF NOT EXISTS "issuer_keys" (
	"service" text NOT NULL,
	"epoch" integer NOT NULL,
	"type" integer NOT NULL,
	"key_id" blob NOT NULL,
	"truncated" integer NOT NULL UNIQUE,
	"public_key" blob NOT NULL,
	"wrapped" blob NOT NULL,
	"shards" integer NOT NULL,
	"evaluations" integer DEFAULT 0 NOT NULL,
	CONSTRAINT "issuer_keys_pk" PRIMARY KEY("service", "epoch", "type")
) STRICT;
--> statement-breakpoint
CREATE TABLE IF NOT EXISTS "issuer_state" (
	"id" integer PRIMARY KEY CHECK ("id" = 1),
	"epoch" integer NOT NULL,
	"generation" integer NOT NULL,
	"retired_through" integer NOT NULL,
	"epoch_seconds" integer NOT NULL
) STRICT;
--> statement-breakpoint
CREATE TABLE IF NOT EXISTS "quotas" (
	"epoch" integer NOT NULL,
	"account" blob NOT NULL,
	"service" text NOT NULL,
	"used" integer NOT NULL,
	"batches" text NOT NULL,
	CONSTRAINT "quotas_pk" PRIMARY KEY("epoch", "account", "service")
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE IF NOT EXISTS "spent_tokens" (
	"ledger" integer NOT NULL,
	"id" blob NOT NULL,
	"tag" blob NOT NULL,
	"envelope_1" blob NOT NULL,
	"envelope_2" blob,
	"envelope_3" blob,
	CONSTRAINT "spent_tokens_pk" PRIMARY KEY("ledger", "id")
) STRICT, WITHOUT ROWID;
`,
  '20261126085952_state': `
ALTER TABLE "issuer_state" ADD "issuer_name" text;--> statement-breakpoint
ALTER TABLE "issuer_state" ADD "account_key_id" blob;--> statement-breakpoint
ALTER TABLE "issuer_state" ADD "revision" integer DEFAULT 0 NOT NULL;
`,
  '20261126092058_operators': `
CREATE TABLE "operator_acts" (
	"id" integer PRIMARY KEY,
	"at" integer NOT NULL,
	"role" text NOT NULL,
	"token" text NOT NULL,
	"action" text NOT NULL
);
`,
};

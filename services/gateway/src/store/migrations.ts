import type { Migrations } from '@sotto/service/migrations';

/** Written by `npm run migration`: the SQL in `migrations/`. */
export const MIGRATIONS: Migrations = {
  '20261123003654_init': `
CREATE TABLE IF NOT EXISTS "bundles" (
	"sequence" integer PRIMARY KEY,
	"bundle" text NOT NULL,
	"signature" text
);
--> statement-breakpoint
CREATE TABLE IF NOT EXISTS "destroyed" (
	"id" integer PRIMARY KEY,
	"before" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE IF NOT EXISTS "envelopes" (
	"envelope" text PRIMARY KEY,
	"expires" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE IF NOT EXISTS "ohttp_keys" (
	"sequence" integer NOT NULL,
	"kem_id" integer NOT NULL,
	"key_id" integer NOT NULL,
	"public_key" text NOT NULL,
	"wrapped" text NOT NULL,
	CONSTRAINT "ohttp_keys_pk" PRIMARY KEY("sequence", "kem_id")
);
--> statement-breakpoint
CREATE TABLE IF NOT EXISTS "tag_keys" (
	"sequence" integer PRIMARY KEY,
	"wrapped" text NOT NULL
);
--> statement-breakpoint
CREATE INDEX IF NOT EXISTS "envelopes_expires" ON "envelopes" ("expires");
`,
  '20261126090723_operators': `
CREATE TABLE "counters" (
	"cell" text PRIMARY KEY,
	"count" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "operator_acts" (
	"id" integer PRIMARY KEY,
	"at" integer NOT NULL,
	"role" text NOT NULL,
	"token" text NOT NULL,
	"action" text NOT NULL
);
`,
  '20261126092419_forgotten': `
CREATE TABLE "forgotten" (
	"id" integer PRIMARY KEY,
	"through" integer NOT NULL
);
`,
  '20261126092742_issuer_revision': `
CREATE TABLE "issuer_revision" (
	"id" integer PRIMARY KEY,
	"revision" integer NOT NULL
);
`,
  '20261126112230_proof': `
ALTER TABLE "bundles" ADD "proof" text;
`,
  '20261126143958_version1': `
ALTER TABLE "bundles" ADD "signature_1" text;
`,
};

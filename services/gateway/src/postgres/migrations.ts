import type { Migrations } from '@sotto/service/migrations';

/** Written by `npm run migration`: the SQL in `migrations-postgres/`. */
export const MIGRATIONS: Migrations = {
  '20261126144614_init': `
CREATE TABLE "bundles" (
	"epoch_index" bigint PRIMARY KEY,
	"bundle" bytea NOT NULL,
	"signature" bytea,
	"proof" text
);
--> statement-breakpoint
CREATE TABLE "counters" (
	"cell" text PRIMARY KEY,
	"count" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "destroyed" (
	"id" integer PRIMARY KEY,
	"before" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "envelopes" (
	"envelope" bytea PRIMARY KEY,
	"expires" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "forgotten" (
	"id" integer PRIMARY KEY,
	"through" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "issuer_revision" (
	"id" integer PRIMARY KEY,
	"revision" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "ohttp_keys" (
	"epoch_index" bigint,
	"kem_id" integer,
	"key_id" integer NOT NULL,
	"public_key" bytea NOT NULL,
	"wrapped" bytea NOT NULL,
	CONSTRAINT "ohttp_keys_pkey" PRIMARY KEY("epoch_index","kem_id")
);
--> statement-breakpoint
CREATE TABLE "operator_acts" (
	"id" bigserial PRIMARY KEY,
	"at" bigint NOT NULL,
	"role" text NOT NULL,
	"token" text NOT NULL,
	"action" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "tag_keys" (
	"epoch_index" bigint PRIMARY KEY,
	"wrapped" bytea NOT NULL
);
--> statement-breakpoint
CREATE INDEX "envelopes_expires" ON "envelopes" ("expires");
`,
  '20261126151241_version1': `
ALTER TABLE "bundles" ADD COLUMN "signature_1" bytea;
`,
};

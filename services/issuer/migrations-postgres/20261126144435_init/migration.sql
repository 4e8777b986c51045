CREATE TABLE "counters" (
	"cell" text PRIMARY KEY,
	"count" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "issuer_keys" (
	"service" text,
	"epoch" bigint,
	"type" integer,
	"key_id" bytea NOT NULL,
	"truncated" integer NOT NULL UNIQUE,
	"public_key" bytea NOT NULL,
	"wrapped" bytea NOT NULL,
	"shards" integer NOT NULL,
	"evaluations" bigint DEFAULT 0 NOT NULL,
	CONSTRAINT "issuer_keys_pkey" PRIMARY KEY("service","epoch","type")
);
--> statement-breakpoint
CREATE TABLE "issuer_state" (
	"id" integer PRIMARY KEY,
	"epoch" bigint NOT NULL,
	"generation" integer NOT NULL,
	"retired_through" bigint NOT NULL,
	"epoch_seconds" integer NOT NULL,
	"issuer_name" text,
	"account_key_id" bytea,
	"revision" bigint NOT NULL,
	"lineage" text NOT NULL
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
CREATE TABLE "quota_state" (
	"id" integer PRIMARY KEY,
	"ended_through" bigint NOT NULL
);

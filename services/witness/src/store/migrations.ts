import type { Migrations } from '@sotto/service/migrations';

/** Written by `npm run migration`: the SQL in `migrations/`. */
export const MIGRATIONS: Migrations = {
  '20261126143402_init': `
CREATE TABLE "accepted_heads" (
	"origin" text PRIMARY KEY,
	"size" integer NOT NULL,
	"root" text NOT NULL,
	"note" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "counters" (
	"cell" text PRIMARY KEY,
	"count" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "entries" (
	"origin" text NOT NULL,
	"index" integer NOT NULL,
	"entry" text NOT NULL,
	"leaf" text NOT NULL,
	CONSTRAINT "entries_pk" PRIMARY KEY("origin", "index")
);
--> statement-breakpoint
CREATE TABLE "mirrored_heads" (
	"origin" text PRIMARY KEY,
	"size" integer NOT NULL,
	"root" text NOT NULL,
	"note" text NOT NULL
);
`,
};

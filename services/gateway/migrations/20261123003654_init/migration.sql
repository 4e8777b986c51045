CREATE TABLE `bundles` (
	`sequence` integer PRIMARY KEY,
	`bundle` text NOT NULL,
	`signature` text
);
--> statement-breakpoint
CREATE TABLE `destroyed` (
	`id` integer PRIMARY KEY,
	`before` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `envelopes` (
	`envelope` text PRIMARY KEY,
	`expires` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `ohttp_keys` (
	`sequence` integer NOT NULL,
	`kem_id` integer NOT NULL,
	`key_id` integer NOT NULL,
	`public_key` text NOT NULL,
	`wrapped` text NOT NULL,
	CONSTRAINT `ohttp_keys_pk` PRIMARY KEY(`sequence`, `kem_id`)
);
--> statement-breakpoint
CREATE TABLE `tag_keys` (
	`sequence` integer PRIMARY KEY,
	`wrapped` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `envelopes_expires` ON `envelopes` (`expires`);
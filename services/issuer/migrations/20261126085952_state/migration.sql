ALTER TABLE `issuer_state` ADD `issuer_name` text;--> statement-breakpoint
ALTER TABLE `issuer_state` ADD `account_key_id` blob;--> statement-breakpoint
ALTER TABLE `issuer_state` ADD `revision` integer DEFAULT 0 NOT NULL;
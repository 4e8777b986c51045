/** The schema of `keys/schema.ts` as `migrations/` has it, in one string for one file: a test compares them. */
export const TABLES: readonly string[] = [
  'CREATE TABLE `bundles` (`sequence` integer PRIMARY KEY, `bundle` text NOT NULL, `signature` text)',
  'CREATE TABLE `destroyed` (`id` integer PRIMARY KEY, `before` integer NOT NULL)',
  'CREATE TABLE `envelopes` (`envelope` text PRIMARY KEY, `expires` integer NOT NULL)',
  'CREATE TABLE `ohttp_keys` (`sequence` integer NOT NULL, `kem_id` integer NOT NULL, `key_id` integer NOT NULL, `public_key` text NOT NULL, `wrapped` text NOT NULL, CONSTRAINT `ohttp_keys_pk` PRIMARY KEY(`sequence`, `kem_id`))',
  'CREATE TABLE `tag_keys` (`sequence` integer PRIMARY KEY, `wrapped` text NOT NULL)',
  'CREATE INDEX `envelopes_expires` ON `envelopes` (`expires`)',
];

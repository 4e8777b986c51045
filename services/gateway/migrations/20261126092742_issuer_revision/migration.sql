CREATE TABLE `issuer_revision` (
	`id` integer PRIMARY KEY,
	`revision` integer NOT NULL
);

CREATE TABLE `forgotten` (
	`id` integer PRIMARY KEY,
	`through` integer NOT NULL
);

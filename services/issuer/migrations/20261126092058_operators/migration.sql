CREATE TABLE `operator_acts` (
	`id` integer PRIMARY KEY,
	`at` integer NOT NULL,
	`role` text NOT NULL,
	`token` text NOT NULL,
	`action` text NOT NULL
);

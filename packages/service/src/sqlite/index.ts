export type { Database, Db, Store } from './database.ts';
export { groupCommit, type Sleep } from './group-commit.ts';
export type { Migrations } from './migrate.ts';

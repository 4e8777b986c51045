export { encodedBytes } from './columns.ts';
export type { Database, Db, Store, Synchronous } from './database.ts';
export { groupCommit, type Sleep } from './group-commit.ts';

export { batched, type BatchOptions } from './batches.ts';
export { bytes, whole } from './columns.ts';
export { openPostgres, type PostgresDb, type PostgresDeps, type PostgresStore } from './database.ts';
export { codeOf, LOCK_NOT_AVAILABLE, UNDEFINED_TABLE } from './errors.ts';
export { Listener } from './listen.ts';
export { migratePostgres } from './migrate.ts';
export { counters, operatorActs, postgresOperatorStores } from './operator.ts';
export { atStart, checkServer, CLUSTER, LINEAGE } from './server.ts';
export { readPostgresSettings, readStoreRisks, type PostgresSettings, type StoreRisk } from './settings.ts';

import type { Variables } from '@sotto/service/config';
import {
  atStart,
  checkServer,
  migratePostgres,
  openPostgres,
  readPostgresSettings,
  readStoreRisks,
  type PostgresDeps,
} from '@sotto/service/postgres';
import type { Stores } from '../node/stores.ts';
import { MIGRATIONS } from './migrations.ts';
import { postgresStores } from './stores.ts';

/** The dependencies of opening the gateway's database. */
export interface OpenDeps extends PostgresDeps {
  readonly variables: Variables;
  readonly readFile: (path: string) => string;
  readonly onStop: (step: () => void | Promise<void>) => void;
  readonly warn: (line: string) => void;
}

/** Opens the database in STORE. @throws {ConfigError} */
export async function openPostgresGateway(deps: OpenDeps, replayCapacity: number): Promise<Stores> {
  const { variables, readFile, onStop, warn } = deps;
  const store = openPostgres(readPostgresSettings(variables, 'STORE', readFile), deps);
  onStop(() => store.close());
  await atStart('STORE', async () => {
    await checkServer(store, 'STORE', readStoreRisks(variables));
    await migratePostgres(store, MIGRATIONS);
  });
  if (variables.has('MOVE_FROM')) {
    const { moveGateway } = await import('./move.ts'); // which loads node:sqlite
    const path = variables.text('MOVE_FROM');
    const { keys, bundles, envelopes } = await atStart('STORE', () => moveGateway(path, store));
    warn(
      `MOVE_FROM: moved ${keys} keys, ${bundles} bundles and ${envelopes} envelopes. Remove MOVE_FROM now`,
    );
  }
  return postgresStores(store, deps.sleep, replayCapacity);
}

import { postgresOperatorStores, type PostgresStore } from '@sotto/service/postgres';
import type { Stores } from '../node/stores.ts';
import { postgresKeyStore } from './key-store.ts';
import { postgresReplayStore } from './replay-store.ts';

/** The gateway's ports over a database that any number of processes share. @param capacity - live envelopes that it keeps */
export function postgresStores(
  store: PostgresStore,
  sleep: (milliseconds: number) => Promise<void>,
  capacity: number,
): Stores {
  const replays = postgresReplayStore(store, capacity, sleep);
  return {
    keys: postgresKeyStore(store),
    replays,
    ...postgresOperatorStores(store),
    purge: (now) => replays.purge(now),
  };
}

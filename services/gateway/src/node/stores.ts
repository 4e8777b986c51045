import type { CounterStore } from '@sotto/service/metrics';
import type { OperatorLog } from '@sotto/service/operator';
import { groupCommit, type Database, type Sleep } from '@sotto/service/sqlite';
import type { FileFormat } from '@sotto/service/sqlite/file';
import { operatorStores } from '@sotto/service/sqlite/operator';
import type { KeyStore, ReplayStore } from '../ports.ts';
import { sqlKeyStore } from '../store/key-store.ts';
import { MIGRATIONS } from '../store/migrations.ts';
import { sqlReplayStore } from '../store/replay-store.ts';

/** The gateway's file. */
export const GATEWAY_FILE: FileFormat = { applicationId: 0x53_6f_47_57, migrations: MIGRATIONS }; // "SoGW"

export interface Stores {
  readonly keys: KeyStore;
  readonly replays: ReplayStore;
  readonly counters: CounterStore;
  readonly log: OperatorLog;
  /** Deletes expired envelopes. */
  purge(now: number): Promise<void>;
}

/** The gateway's ports over its database. @param capacity - live envelopes that it keeps */
export function sqliteStores(database: Database, sleep: Sleep, capacity: number): Stores {
  const { db, transact } = groupCommit(database, sleep);
  const keys = sqlKeyStore({ db, atomically: (work) => work() }); // each method runs inside `transact`
  const replays = sqlReplayStore(db, capacity);
  return {
    keys: {
      epochs: (from, to) => transact(() => keys.epochs(from, to)),
      add: (epochs) => transact(() => keys.add(epochs)),
      destroy: (before) => transact(() => keys.destroy(before)),
      discard: (epochIndexes) => transact(() => keys.discard(epochIndexes)),
      rewrap: (changes) => transact(() => keys.rewrap(changes)),
      bundles: (from, to) => transact(() => keys.bundles(from, to)),
      offer: (bundles) => transact(() => keys.offer(bundles)),
      sign: (signed) => transact(() => keys.sign(signed)),
      withdraw: (epochIndexes) => transact(() => keys.withdraw(epochIndexes)),
      issuerRevision: () => transact(() => keys.issuerRevision()),
      rememberIssuerRevision: (revision) => transact(() => keys.rememberIssuerRevision(revision)),
    },
    replays: { admit: (envelope, expires, now) => transact(() => replays.admit(envelope, expires, now)) },
    ...operatorStores({ db, transact }),
    purge: async (now) => {
      await transact(() => replays.purge(now));
    },
  };
}

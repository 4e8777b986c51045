import type { CounterStore } from '@sotto/service/metrics';
import { groupCommit, type Database, type Sleep } from '@sotto/service/sqlite';
import type { FileFormat } from '@sotto/service/sqlite/file';
import { operatorStores } from '@sotto/service/sqlite/operator';
import type { WitnessStore } from '../ports.ts';
import { MIGRATIONS } from '../store/migrations.ts';
import { sqlWitnessStore } from '../store/witness-store.ts';

/** The witness's file. */
export const WITNESS_FILE: FileFormat = { applicationId: 0x53_6f_57_69, migrations: MIGRATIONS }; // "SoWi"

/** The witness's ports over its database. */
export function sqliteStores(
  database: Database,
  sleep: Sleep,
): { readonly store: WitnessStore; readonly counters: CounterStore } {
  const { db, transact } = groupCommit(database, sleep);
  const store = sqlWitnessStore({ db, atomically: (work) => work() }); // each method runs inside `transact`
  return {
    store: {
      accepted: (origin) => transact(() => store.accepted(origin)),
      accept: (origin, oldSize, head) => transact(() => store.accept(origin, oldSize, head)),
      count: (origin) => transact(() => store.count(origin)),
      entries: (origin, from, to) => transact(() => store.entries(origin, from, to)),
      leaves: (origin, to) => transact(() => store.leaves(origin, to)),
      append: (origin, from, entries) => transact(() => store.append(origin, from, entries)),
      mirrored: (origin) => transact(() => store.mirrored(origin)),
      mirror: (origin, head) => transact(() => store.mirror(origin, head)),
    },
    counters: operatorStores({ db, transact }).counters,
  };
}

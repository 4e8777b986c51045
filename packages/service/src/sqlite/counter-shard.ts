import { DurableObject } from 'cloudflare:workers';
import type { CounterStore } from '../metrics.ts';
import { openStorage } from './durable.ts';
import { addCounts, readCounts } from './operator.ts';

const MIGRATIONS = {
  '20261126150000_counters': 'CREATE TABLE counters (cell TEXT PRIMARY KEY, count INTEGER NOT NULL)',
};

/** An isolate writes every ten seconds at most, and an object takes 500 writes a second: room for 80,000 isolates. */
export const COUNTER_SHARDS = 16;

/** Counts of some of the isolates. It is not the object of the keys, because every isolate writes counts all the time. */
export class CounterShard extends DurableObject {
  readonly #database = openStorage(this.ctx.storage, MIGRATIONS);

  add(counts: Readonly<Record<string, number>>): void {
    this.#database.atomically(() => addCounts(this.#database.db, counts));
  }

  totals(): Record<string, number> {
    return readCounts(this.#database.db);
  }
}

/**
 * The counts of all isolates. An isolate writes to one shard, chosen at random, without a retry: counts must not be
 * added twice.
 *
 * @param earlier - counts from before there were shards
 */
export function durableCounters(
  namespace: Pick<DurableObjectNamespace<CounterShard>, 'getByName'>,
  random: (length: number) => Uint8Array,
  earlier: () => Promise<Readonly<Record<string, number>>>,
): CounterStore {
  const own = (random(1)[0] ?? 0) % COUNTER_SHARDS;
  const shard = (i: number) => namespace.getByName(`counters-${i}`);
  return {
    add: async (counts) => shard(own).add(counts),
    totals: async () => {
      const shards = Array.from({ length: COUNTER_SHARDS }, async (_, i) => shard(i).totals());
      return sum(await Promise.all([earlier(), ...shards]));
    },
  };
}

function sum(all: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const totals: Record<string, number> = {};
  for (const counts of all) {
    for (const [cell, count] of Object.entries(counts)) totals[cell] = (totals[cell] ?? 0) + count;
  }
  return totals;
}

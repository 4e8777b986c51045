import type { CounterStore } from '@sotto/service/metrics';
import type { WitnessStore } from '../ports.ts';
import type { LogState } from './log-state.ts';

/** Each log has its own object, in which every method is one transaction. */
export function durableWitnessStore(namespace: DurableObjectNamespace<LogState>): WitnessStore {
  const stub = (origin: string) => namespace.getByName(`log ${origin}`);
  return {
    accepted: async (origin) => stub(origin).accepted(origin),
    accept: async (origin, oldSize, head) => stub(origin).accept(origin, oldSize, head),
    count: async (origin) => stub(origin).count(origin),
    entries: async (origin, from, to) => stub(origin).entries(origin, from, to),
    leaves: async (origin, to) => stub(origin).leaves(origin, to),
    append: async (origin, from, entries) => stub(origin).append(origin, from, [...entries]),
    mirrored: async (origin) => stub(origin).mirrored(origin),
    mirror: async (origin, head) => stub(origin).mirror(origin, head),
  };
}

/** The counts of all isolates add up in one object. */
export function durableCounters(namespace: DurableObjectNamespace<LogState>): CounterStore {
  return {
    add: async (counts) => namespace.getByName('counters').addCounts(counts),
    totals: async () => namespace.getByName('counters').counts(),
  };
}

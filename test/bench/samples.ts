import { median, quantile, summary } from './measure.ts';
import type { Measured } from './row.ts';
import type { Turn } from './turns.ts';

/** Ours and the peer's. */
export type Pair = readonly [ours: number, peer: number];

const FASTEST = 0.1; // share of the times on the clock whose ratio is taken: what waits for other processes add is above it

/** Microseconds of ours and of the peer, and of parts of ours. */
export class Samples {
  readonly #cpu = new Map<string, Pair[]>(); // of each pair of turns
  readonly #times = new Map<string, Pair[]>(); // on the clock
  readonly #parts = new Map<string, Map<string, number[]>>();

  /** Adds the CPU time of turns that both took in the same moments. */
  addCpu(row: string, ours: readonly Turn[], peer: readonly Turn[]): void {
    const pairs = ours.map(({ cpu }, i): Pair => [cpu, peer[i]?.cpu ?? Number.NaN]);
    this.#cpu.set(row, [...(this.#cpu.get(row) ?? []), ...pairs]);
  }

  /** Adds times on the clock, as many of both. */
  addTimes(row: string, ours: readonly number[], peer: readonly number[]): void {
    const pairs = ours.map((time, i): Pair => [time, peer[i] ?? Number.NaN]);
    this.#times.set(row, [...(this.#times.get(row) ?? []), ...pairs]);
  }

  addParts(row: string, parts: Readonly<Record<string, number>>): void {
    const all = this.#parts.get(row) ?? new Map<string, number[]>();
    this.#parts.set(row, all);
    for (const [part, us] of Object.entries(parts)) all.set(part, [...(all.get(part) ?? []), us]);
  }

  /** The figure of each row, with the medians of its parts. */
  figures(): [name: string, figure: Measured][] {
    const times = [...this.#times].map(([row, pairs]) => [row, timeFigure(pairs)] as const);
    const cpu = [...this.#cpu].map(([row, pairs]) => [row, summary(pairs)] as const);
    return [...times, ...cpu].map(([row, figure]) => {
      const parts = [...(this.#parts.get(row) ?? [])].map(([part, all]) => [part, median(all)] as const);
      return [row, { ...figure, ...(parts.length > 0 && { parts_us: Object.fromEntries(parts) }) }];
    });
  }
}

/** Medians, and the ratio of the fastest tenth of each: on a busy machine every call waits, and more or less of them from one run to the next. */
function timeFigure(pairs: readonly Pair[]): Measured {
  const [ours, peer] = [pairs.map(([one]) => one), pairs.map(([, other]) => other)];
  const ratio = quantile(ours, FASTEST) / quantile(peer, FASTEST);
  return { ours_us: median(ours), peer_us: median(peer), ratio, spread: null, limit_us: null };
}

import { median, plainSummary } from '../measure.ts';
import type { Figure, Measured } from '../row.ts';
import { doubtOf } from '../starts.ts';

/** Microseconds of one operation, by row, as one turn at one size measured them. */
export interface Turn {
  readonly size: number;
  readonly costs: Readonly<Record<string, number>>;
}

/** A row at one size. */
export interface GrowthFigure {
  readonly name: string;
  readonly runtime: Figure['runtime'];
  readonly measured: Measured;
}

/** The sizes of all turns: each has one in every round, and every second round begins with the largest. */
export const turnsOf = (sizes: readonly number[], rounds: number): number[] =>
  Array.from({ length: rounds }, (_, round) => (round % 2 === 1 ? sizes.toReversed() : sizes)).flat();

/**
 * The rows of turns. What a size costs beside the smallest one is taken inside each round, so that a machine that slows down
 * slows both. Its spread says how far another run may differ, as that of starts does.
 */
export function figuresOf(runtime: Figure['runtime'], turns: readonly Turn[]): GrowthFigure[] {
  const bySize = [...Map.groupBy(turns, ({ size }) => size)].toSorted(([a], [b]) => a - b);
  const smallest = bySize[0]?.[1] ?? [];
  return Object.keys(smallest[0]?.costs ?? {}).flatMap((name) => {
    const costsOf = (all: readonly Turn[]): number[] => all.map(({ costs }) => costs[name] ?? Number.NaN);
    const base = costsOf(smallest);
    return bySize.map(([size, all]): GrowthFigure => {
      const costs = costsOf(all);
      const plain = { ...plainSummary(costs), spread: doubtOf(costs), size };
      if (all === smallest) return { name, runtime, measured: plain };
      const relative = costs.map((cost, round) => cost / (base[round] ?? Number.NaN));
      return {
        name,
        runtime,
        measured: { ...plain, relative: median(relative), spread: doubtOf(relative) },
      };
    });
  });
}

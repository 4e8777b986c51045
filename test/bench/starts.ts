import { overStarts, type NamedFigure } from './measure.ts';
import type { Measured } from './row.ts';

const FEWEST = 3; // starts
const MOST = 9;
const ENOUGH = 0.05; // spread at which no more starts are needed

/** Starts what is measured anew, and measures its rows once. */
export type Start = (number: number) => Promise<NamedFigure[]>;

/**
 * The figures of each, over several starts: more of them while one of its rows is not steady. Every start is a pass over
 * all, so that a busy minute of the machine is in one start of a row, and not in all.
 */
export async function untilSteady(starts: readonly Start[]): Promise<NamedFigure[][]> {
  const measured = starts.map((start) => ({ start, rows: new Map<string, Measured[]>() }));
  for (let pass = 1; pass <= MOST; pass++) {
    for (const { start, rows } of measured) {
      const isDone = [...rows.values()].every((row) => (overStarts(row).spread ?? 0) <= ENOUGH);
      if (pass > FEWEST && isDone) continue;
      for (const [name, figure] of await start(pass)) rows.set(name, [...(rows.get(name) ?? []), figure]);
    }
  }
  return measured.map(({ rows }) => [...rows].map(([name, row]): NamedFigure => [name, overStarts(row)]));
}

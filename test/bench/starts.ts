import { median, spreadOf, type NamedFigure } from './measure.ts';
import type { Measured } from './row.ts';

const FEWEST = 3; // starts
const MOST = 7;
const ENOUGH = 0.07; // spread at which no more starts are needed

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

/** One figure of those that several starts gave: the median of each number, and how far the medians of two runs may differ. */
export function overStarts(starts: readonly Measured[]): Measured {
  const [first] = starts;
  if (first === undefined) throw new Error('there was no start');
  const medianOf = (pick: (one: Measured) => number | null | undefined): number | null =>
    pick(first) === null ? null : median(starts.map((one) => pick(one) ?? 0));
  return {
    ...first,
    ours_us: median(starts.map(({ ours_us }) => ours_us)),
    peer_us: medianOf(({ peer_us }) => peer_us),
    ratio: medianOf(({ ratio }) => ratio),
    spread: starts.length > 1 ? doubtOf(starts.map(({ ratio, ours_us }) => ratio ?? ours_us)) : first.spread,
    limit_us: medianOf(({ limit_us }) => limit_us),
    ...(first.each_us && { each_us: mediansOf(starts.map(({ each_us = {} }) => each_us)) }),
    ...(first.parts_us && { parts_us: mediansOf(starts.map(({ parts_us = {} }) => parts_us)) }),
  };
}

/** The median of each name, over the starts that measured it: the worst groups differ from start to start. */
function mediansOf(starts: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const names = new Set(starts.flatMap((start) => Object.keys(start)));
  return Object.fromEntries(
    [...names].map((name) => [name, median(starts.flatMap((start) => start[name] ?? []))]),
  );
}

/**
 * How far the medians of as many other values may differ from these, as a share: three middle halves by the root of
 * the number of values. Of values that are normally distributed, nineteen of twenty medians differ by less.
 */
export const doubtOf = (values: readonly number[]): number =>
  (3 * spreadOf(values)) / Math.sqrt(values.length);

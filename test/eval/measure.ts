import { bare, type Query } from './data.ts';

/** One line of the evaluation; shares in percent. */
export interface Row {
  readonly track: string;
  readonly locale: string;
  readonly queries: number;
  /** Share of queries that are not literally a name or keyword of what they should find. */
  readonly novel: number;
  readonly hit1: number;
  readonly hit10: number;
  /** Mean reciprocal rank over the first 24, times 100. */
  readonly mrr: number;
  /** Share of queries without any result. */
  readonly nothing: number;
  /** Hit@10 of MiniSearch with its defaults; null where it makes no sense. */
  readonly baseline_hit10: number | null;
}

export const DEPTH = 24; // results that are scored

export interface Score {
  readonly hit1: number;
  readonly hit10: number;
  readonly mrr: number;
  readonly nothing: number;
}

/** Scores result lists, one per query, each a list of emoji with the best first. */
export function score(queries: readonly Query[], results: readonly (readonly string[])[]): Score {
  let [first, ten, reciprocal] = [0, 0, 0];
  queries.forEach(({ expect }, i) => {
    const wanted = new Set(expect.map(bare));
    const rank = (results[i] ?? []).slice(0, DEPTH).findIndex((emoji) => wanted.has(bare(emoji)));
    if (rank === 0) first++;
    if (rank >= 0 && rank < 10) ten++;
    if (rank >= 0) reciprocal += 1 / (rank + 1);
  });
  return {
    hit1: percent(first, queries.length),
    hit10: percent(ten, queries.length),
    mrr: percent(reciprocal, queries.length),
    nothing: percent(results.filter((found) => found.length === 0).length, queries.length),
  };
}

/** A share in percent, to a tenth. */
export const percent = (part: number, whole: number): number =>
  whole === 0 ? 0 : Math.round((part / whole) * 1000) / 10;

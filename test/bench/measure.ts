import type { Measured, Row } from './row.ts';

const ROUNDS = 7;
const ROUND = 100; // milliseconds of each contestant in a round

/**
 * Times a row: contestants take turns within every round, so that a machine that slows down slows
 * both, and the ratio is taken inside the round.
 *
 * @param now - milliseconds, any origin
 */
export async function measure(row: Row, now: () => number): Promise<Measured> {
  await row.check();
  if (row.timed) return row.timed(now);
  const limit = row.limit?.bind(row);
  const contestants = [() => row.ours(), () => row.theirs(), ...(limit ? [limit] : [])];
  const counts = [];
  for (const run of contestants) counts.push(await callsIn(run, ROUND, now));
  const rounds: number[][] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const times = [];
    for (const [i, run] of contestants.entries()) times.push(await timeOf(run, counts[i] ?? 1, now));
    rounds.push(times);
  }
  const column = (i: number): number => median(rounds.map((times) => times[i] ?? 0));
  return {
    ours_us: column(0),
    peer_us: column(1),
    ratio: median(rounds.map(([ours = 0, theirs = 1]) => ours / theirs)),
    limit_us: limit ? column(2) : null,
  };
}

/** How many calls fill so many milliseconds, once warm. */
async function callsIn(run: () => unknown, milliseconds: number, now: () => number): Promise<number> {
  for (let calls = 1; ; calls *= 2) {
    const micros = (await timeOf(run, calls, now)) * calls;
    if (micros >= milliseconds * 500) return Math.max(1, Math.round((calls * milliseconds * 1000) / micros));
  }
}

/** Microseconds of one call, over so many. */
async function timeOf(run: () => unknown, calls: number, now: () => number): Promise<number> {
  const began = now();
  for (let i = 0; i < calls; i++) await run();
  return ((now() - began) * 1000) / calls;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

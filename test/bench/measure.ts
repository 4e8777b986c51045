import type { Measured, Row } from './row.ts';

const ROUNDS = 7;
const ROUND = 100; // milliseconds of each contestant in a round
const WARM = 2; // rounds of calls before the first, so that compilers and heaps have settled
const SLOW = 400; // milliseconds: calls longer than this get fewer rounds, or the bench takes all day
const SLOW_ROUNDS = 3;

/** Does its work so many times over, in this process or in another. */
export type Contestant = (times: number) => Promise<unknown>;

/** Microseconds of CPU time that the contestants' process has had, any origin. */
export type Clock = () => number;

/** Ours, the peer and, where there is one, the bare primitives. */
export function contestantsOf(row: Row): Contestant[] {
  const limit = row.limit?.bind(row);
  return [() => row.ours(), () => row.theirs(), ...(limit ? [limit] : [])].map((run) => async (times) => {
    for (let i = 0; i < times; i++) await run();
  });
}

/**
 * Contestants take turns within every round, so that a machine that slows down slows all of them, and
 * the ratio is taken inside the round.
 */
export async function measure(contestants: readonly Contestant[], clock: Clock): Promise<Measured> {
  const counts: number[] = [];
  let slowest = 0;
  for (const run of contestants) {
    const each = await warm(run, clock);
    counts.push(Math.max(1, Math.round((ROUND * 1000) / each)));
    slowest = Math.max(slowest, each);
  }
  const rounds: number[][] = [];
  while (rounds.length < (slowest > SLOW * 1000 ? SLOW_ROUNDS : ROUNDS)) {
    const times = [];
    for (const [i, run] of contestants.entries()) times.push(await timeOf(run, counts[i] ?? 1, clock));
    rounds.push(times);
  }
  const column = (i: number): number => median(rounds.map((times) => times[i] ?? 0));
  return {
    ours_us: column(0),
    peer_us: column(1),
    ratio: median(rounds.map(([ours = 0, theirs = 1]) => ours / theirs)),
    limit_us: contestants.length > 2 ? column(2) : null,
  };
}

/** Calls until some rounds are full; microseconds of one call at the end. */
async function warm(run: Contestant, clock: Clock): Promise<number> {
  for (let calls = 1; ; calls *= 2) {
    const each = await timeOf(run, calls, clock);
    if (each * calls >= ROUND * WARM * 1000) return each;
  }
}

/** Microseconds of one call, over so many. */
async function timeOf(run: Contestant, calls: number, clock: Clock): Promise<number> {
  const began = clock();
  await run(calls);
  return Math.max(clock() - began, 1) / calls;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

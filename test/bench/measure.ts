import type { Cases, Measured, Row } from './row.ts';

const ROUND = 40; // milliseconds of each contestant in a round
const FEWEST = 9; // rounds
const MOST = 41;
const ENOUGH = 0.03; // spread at which no more rounds are needed
const BUDGET = 12_000; // milliseconds of CPU time of a row, after which no round begins, except the fewest rounds of a slow row
const SLOW_ROUNDS = 3; // of rows whose rounds take longer than that
const CASE = 1500; // minimum microseconds of one case in a round, unless there are so many cases that
const ALL_CASES = 1_000_000; // all of them together take longer than this
const MOST_CALLS = 4 ** 6; // of one case in a round
const CASE_ROUNDS = 4;
const EMPTY_CALLS = 15;
const SETTLING = 4; // rounds that do not count: compilers optimize meanwhile

/** Does its work this many times, in this process or in another one. */
export type Contestant = (times: number) => Promise<unknown>;

/** Microseconds of CPU time of the contestants' process, from any origin. */
export type Clock = () => number;

/** Collects garbage, all of it or the young generation, so that no contestant pays for another's. */
export type CollectGarbage = (what: 'all' | 'young') => unknown;

/** Ours, the peer and, if there are any, the bare primitives. */
export function contestantsOf(row: Row): Contestant[] {
  const limit = row.limit?.bind(row);
  return [() => row.ours(), () => row.theirs(), ...(limit ? [limit] : [])].map((run) => async (times) => {
    for (let i = 0; i < times; i++) await run();
  });
}

/**
 * Contestants take turns within every round, every second round in reverse order, so that a machine that slows down
 * slows all of them. The ratio is taken inside the round. There are more rounds while the ratios differ.
 */
export async function measure(
  contestants: readonly Contestant[],
  clock: Clock,
  collectGarbage: CollectGarbage,
): Promise<Measured> {
  const counts: number[] = [];
  for (const run of contestants) {
    counts.push(Math.max(1, Math.round((ROUND * 1000) / (await warm(run, clock)))));
  }
  const round = async (isReversed: boolean): Promise<number[]> => {
    const order = [...contestants.keys()];
    const times: number[] = [];
    for (const i of isReversed ? order.toReversed() : order) {
      await collectGarbage('young');
      times[i] = await timeOf(contestants[i] as Contestant, counts[i] ?? 1, clock);
    }
    return times;
  };
  const began = clock();
  for (let i = 0; i < SETTLING && clock() - began < (BUDGET * 1000) / 4; i++) await round(i % 2 === 1);
  await collectGarbage('all');
  const rounds: number[][] = [];
  const isDone = (): boolean => {
    if (rounds.length >= MOST) return true;
    if (clock() - began > BUDGET * 1000) return rounds.length >= SLOW_ROUNDS;
    return rounds.length >= FEWEST && summary(rounds).spread <= ENOUGH;
  };
  while (!isDone()) rounds.push(await round(rounds.length % 2 === 1));
  return summary(rounds);
}

/** Runs a case of one contestant this many times, in this process or in another one. */
export type RunCase = (who: keyof CaseGroups, index: number, times: number) => Promise<unknown>;

/** The group of each case. */
export interface CaseGroups {
  readonly ours: readonly string[];
  readonly theirs: readonly string[];
}

export const groupsOf = ({ ours, theirs }: Cases): CaseGroups => ({
  ours: ours.map(({ group }) => group),
  theirs: theirs.map(({ group }) => group),
});

/** Runs cases in this process. */
export const runCase =
  (cases: Cases): RunCase =>
  async (who, index, times) => {
    for (let i = 0; i < times; i++) await cases[who][index]?.run();
  };

/**
 * Runs each case in turn in every round, often enough for the resolution of the clock, and subtracts the cost
 * of a call without a case.
 */
export async function measureCases(
  share: number,
  groups: CaseGroups,
  run: RunCase,
  clock: Clock,
): Promise<Measured> {
  const empty: number[] = [];
  for (let i = 0; i < EMPTY_CALLS; i++)
    empty.push(await timeOf((times) => run('ours', 0, times - 1), 1, clock));
  const overhead = median(empty);
  const least = Math.min(CASE, ALL_CASES / groups.ours.length);
  const counts = { ours: groups.ours.map(() => 1), theirs: groups.theirs.map(() => 1) };
  const quantiles = async (who: keyof CaseGroups): Promise<Map<string, number>> => {
    const times = new Map<string, number[]>();
    for (const [index, group] of groups[who].entries()) {
      for (let isEnough = false; !isEnough;) {
        const count = counts[who][index] ?? 1;
        const whole = count * (await timeOf((calls) => run(who, index, calls), count, clock)) - overhead;
        isEnough = whole >= least || count >= MOST_CALLS;
        if (isEnough) times.set(group, [...(times.get(group) ?? []), Math.max(whole, 1) / count]);
        else counts[who][index] = count * 4;
      }
    }
    return new Map([...times].map(([group, each]) => [group, quantile(each, share)]));
  };
  const rounds: { readonly ours: Map<string, number>; readonly peer: number }[] = [];
  for (let round = -1; round < CASE_ROUNDS; round++) {
    const measured = {
      ours: await quantiles('ours'),
      peer: Math.max(...(await quantiles('theirs')).values()),
    };
    if (round >= 0) rounds.push(measured);
  }
  const each = Object.fromEntries(
    [...new Set(groups.ours)].map((group) => [group, median(rounds.map(({ ours }) => ours.get(group) ?? 0))]),
  );
  const figures = summary(rounds.map(({ ours, peer }) => [Math.max(...ours.values()), peer]));
  return Object.keys(each).length > 1 ? { ...figures, each_us: each } : figures;
}

const quantile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.floor(share * (values.length - 1))] ?? Number.NaN;

/** The summary of the rounds, each with the times of ours, the peer and, if there is one, the limit. */
export function summary(rounds: readonly (readonly number[])[]): Measured & { readonly spread: number } {
  const column = (i: number): number => median(rounds.map((times) => times[i] ?? 0));
  const ratios = rounds.map(([ours = 0, theirs = 1]) => ours / theirs);
  return {
    ours_us: column(0),
    peer_us: column(1),
    ratio: median(ratios),
    spread: spreadOf(ratios),
    limit_us: (rounds[0]?.length ?? 0) > 2 ? column(2) : null,
  };
}

/** The summary of the rounds of a row without a peer. */
export function plainSummary(rounds: readonly number[]): Measured {
  const spread = rounds.length > 1 ? spreadOf(rounds) : null;
  return { ours_us: median(rounds), peer_us: null, ratio: null, spread, limit_us: null };
}

/** The width of the middle half, as a share of the median. */
function spreadOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const quartile = (share: number): number => sorted[Math.round(share * (sorted.length - 1))] ?? 0;
  return (quartile(0.75) - quartile(0.25)) / median(values);
}

/** Calls until two rounds are full. Returns microseconds of one call at the end. */
async function warm(run: Contestant, clock: Clock): Promise<number> {
  for (let calls = 1; ; calls *= 2) {
    const each = await timeOf(run, calls, clock);
    if (each * calls >= 2 * ROUND * 1000) return each;
  }
}

/** Microseconds of one call, over this many calls. */
async function timeOf(run: Contestant, calls: number, clock: Clock): Promise<number> {
  const began = clock();
  await run(calls);
  return Math.max(clock() - began, 1) / calls;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

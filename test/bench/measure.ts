import type { Cases, Measured, Row } from './row.ts';

const TURN = 40; // milliseconds of a contestant in a round
const SETTLING = 600; // milliseconds of CPU time of a contestant before the first round, while its code is compiled and optimized,
const SETTLING_LIMIT = 100; // of the bare primitives, which have little code
const SETTLING_CASES = 1800; // and of a set of cases, which takes more ways through the code
const FEWEST = 9; // rounds
const MOST = 25;
const MOST_OF_ONE_CALL = 150; // rounds of a row that makes one call in a turn
const ENOUGH = 0.03; // spread at which no more rounds are needed
const BUDGET = 1200; // milliseconds of CPU time of the rounds in one isolate, after which no round begins, except the fewest rounds of a slow row
const SLOW_ROUNDS = 3; // of rows whose rounds take longer than that
const CASE = 1500; // minimum microseconds of one case in a round, unless there are so many cases that
const ALL_CASES = 1_000_000; // all of them together take longer than this
const MOST_CALLS = 4 ** 6; // of one case in a round
const CASE_ROUNDS = 5; // at least
const WORST_ONCE = 24; // groups that are run again: the slowest of the first round
const CHOICE_ROUNDS = 3; // of these
const WORST = 8; // groups that are run until their code is optimized: the slowest of these
const WORST_SETTLED = 2; // of them: those that are measured
const EMPTY_TURNS = 15;

/** Does its work this many times, in this process or in another one. */
export type Contestant = (times: number) => Promise<unknown>;

/** Microseconds of CPU time of the contestants' process, from any origin. */
export type Clock = () => number;

/** Runs a case of one contestant this many times, in this process or in another one. */
export type RunCase = (who: keyof CaseGroups, index: number, times: number) => Promise<unknown>;

/** The group of each case. */
export interface CaseGroups {
  readonly ours: readonly string[];
  readonly theirs: readonly string[];
}

/** What is known of a row's cases without running them. */
export interface CaseList {
  readonly quantiles: Cases['quantiles'];
  readonly groups: CaseGroups;
}

/** One row in an isolate that has run nothing else, in this process or in another one. */
export interface Isolate {
  /** Ours, the peer and, if there are any, the bare primitives. */
  readonly contestants: readonly Contestant[];
  readonly isOneCall: boolean;
  readonly cases: CaseList | null;
  readonly runCase: RunCase;
  readonly clock: Clock;
  /** Collects the young garbage, so that no contestant pays for another's. */
  collectGarbage(): unknown;
}

/** Measures a row in one isolate: one figure, or one for each quantile of its cases. */
export async function measureIsolate(name: string, isolate: Isolate): Promise<NamedFigure[]> {
  return isolate.cases ? await measureCases(isolate, isolate.cases) : [[name, await measure(isolate)]];
}

export type NamedFigure = [name: string, figure: Measured];

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
export async function measure({
  contestants,
  isOneCall,
  clock,
  collectGarbage,
}: Omit<Isolate, 'cases' | 'runCase'>): Promise<Measured> {
  const counts: number[] = [];
  for (const [i, run] of contestants.entries()) {
    const settling = i > 1 ? SETTLING_LIMIT : SETTLING * (isOneCall ? 2 : 1);
    const count = await settle(run, settling, clock);
    counts.push(isOneCall ? 1 : count);
  }
  const empty = await emptyTurn((times) => (contestants[0] as Contestant)(times), clock);
  const round = async (isReversed: boolean): Promise<number[]> => {
    const order = [...contestants.keys()];
    const times: number[] = [];
    for (const i of isReversed ? order.toReversed() : order) {
      await collectGarbage();
      times[i] = await timeOf(contestants[i] as Contestant, counts[i] ?? 1, clock, empty);
    }
    return times;
  };
  const began = clock();
  const rounds: number[][] = [];
  const isDone = (): boolean => {
    if (rounds.length >= (isOneCall ? MOST_OF_ONE_CALL : MOST)) return true;
    if (clock() - began > BUDGET * 1000) return rounds.length >= SLOW_ROUNDS;
    return rounds.length >= FEWEST && summary(rounds).spread <= ENOUGH;
  };
  while (!isDone()) rounds.push(await round(rounds.length % 2 === 1));
  return summary(rounds);
}

/** Runs a contestant for so many milliseconds of CPU time. Returns how many calls fill a turn at the end. */
async function settle(run: Contestant, milliseconds: number, clock: Clock): Promise<number> {
  let calls = 1;
  for (const began = clock(); ;) {
    const each = await timeOf(run, calls, clock);
    if (clock() - began >= milliseconds * 1000) return Math.max(1, Math.round((TURN * 1000) / each));
    calls = Math.max(1, Math.min(calls * 2, Math.round((TURN * 1000) / each)));
  }
}

export const caseListOf = ({ quantiles, ours, theirs }: Cases): CaseList => ({
  quantiles,
  groups: { ours: ours.map(({ group }) => group), theirs: theirs.map(({ group }) => group) },
});

/** Runs cases in this process. */
export const runCase =
  (cases: Cases | null): RunCase =>
  async (who, index, times) => {
    for (let i = 0; i < times; i++) await cases?.[who][index]?.run();
  };

/**
 * Runs each case in turn in every round, often enough for the resolution of the clock. A case's time is its median
 * over the rounds: a quantile of single times, and the worst of several quantiles, would choose the largest
 * disturbance.
 */
export async function measureCases(
  { runCase: run, clock }: Pick<Isolate, 'runCase' | 'clock'>,
  { quantiles, groups }: CaseList,
): Promise<NamedFigure[]> {
  let empty = 0;
  const [ours, theirs] = [casesOf('ours'), casesOf('theirs')];
  const runUntil = async (milliseconds: number, rounds: number): Promise<void> => {
    const left = () => [ours, theirs].filter((who) => who.spent < milliseconds * 1000 || who.rounds < rounds);
    for (let all = left(); all.length > 0; all = left()) {
      for (const who of all) await who.round();
    }
  };
  await runUntil(0, 1);
  const first = quantiles[0]?.share ?? 1;
  ours.keepWorst(WORST_ONCE, first);
  await runUntil(0, CHOICE_ROUNDS); // so that no group is chosen for a collection of garbage or for code that was not compiled yet
  ours.keepWorst(WORST, first);
  await runUntil(SETTLING_CASES, 1);
  ours.keepWorst(WORST_SETTLED, first);
  empty = await emptyTurn((times) => run('ours', 0, times), clock);
  for (const who of [ours, theirs]) who.forget();
  await runUntil(BUDGET, CASE_ROUNDS);
  return quantiles.map(({ name, share }) => {
    const each = ours.quantiles(share);
    const peer_us = Math.max(...theirs.quantiles(share).values());
    const ours_us = Math.max(...each.values());
    const figure = { ours_us, peer_us, ratio: ours_us / peer_us, spread: null, limit_us: null };
    return [name, each.size > 1 ? { ...figure, each_us: Object.fromEntries(each) } : figure];
  });

  function casesOf(who: keyof CaseGroups) {
    const counts = groups[who].map(() => 1);
    const times = new Map(groups[who].map((_group, index): [number, number[]] => [index, []]));
    const leastOf = (cases: number): number => Math.min(CASE, ALL_CASES / cases);
    let least = leastOf(times.size);
    const timeOfCase = async (index: number): Promise<number> => {
      for (;;) {
        const count = counts[index] ?? 1;
        const each = await timeOf((calls) => run(who, index, calls), count, clock, empty);
        if (each * count >= least || count >= MOST_CALLS) return each;
        counts[index] = count * 4;
      }
    };
    return {
      spent: 0,
      rounds: 0,
      async round(): Promise<void> {
        const began = clock();
        for (const [index, all] of times) all.push(await timeOfCase(index));
        this.spent += clock() - began;
        this.rounds++;
      },
      /** Forgets the rounds in which code was still compiled. */
      forget(): void {
        for (const all of times.values()) all.length = 0;
        least = leastOf(times.size);
        this.spent = 0;
        this.rounds = 0;
      },
      /** Forgets the cases of all groups but the slowest. */
      keepWorst(count: number, share: number): void {
        const slowest = [...this.quantiles(share)].toSorted(([, a], [, b]) => b - a).slice(0, count);
        const kept = new Set(slowest.map(([group]) => group));
        for (const index of times.keys()) if (!kept.has(groups[who][index] ?? '')) times.delete(index);
      },
      /** Of the cases of each group. */
      quantiles(share: number): Map<string, number> {
        const byGroup = Map.groupBy(times, ([index]) => groups[who][index] ?? '');
        return new Map(
          [...byGroup].map(([group, all]) => [
            group,
            quantile(
              all.map(([, each]) => median(each)),
              share,
            ),
          ]),
        );
      },
    };
  }
}

export const quantile = (values: readonly number[], share: number): number =>
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

/** The width of the middle half, as a share of the median; zero if all values are zero. */
export function spreadOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number => {
    const place = share * (sorted.length - 1);
    const [low = 0, high = 0] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
    return low + (high - low) * (place % 1);
  };
  const width = at(0.75) - at(0.25);
  return width === 0 ? 0 : width / median(values);
}

/** Microseconds of a turn without a call: of a request, if the contestant is in another process. */
async function emptyTurn(run: Contestant, clock: Clock): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < EMPTY_TURNS; i++) {
    const began = clock();
    await run(0);
    times.push(clock() - began);
  }
  return median(times);
}

/** Microseconds of one call, over this many calls. */
async function timeOf(run: Contestant, calls: number, clock: Clock, empty = 0): Promise<number> {
  const began = clock();
  await run(calls);
  return Math.max(clock() - began - empty, 1) / calls;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

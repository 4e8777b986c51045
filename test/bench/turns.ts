import type { Clock } from './measure.ts';

/** Something to call, and the CPU time of the process that answers. */
export interface Timed {
  readonly clock: Clock;
  readonly run: () => Promise<unknown>;
}

/** The costs of the calls of one turn, in microseconds. */
export interface Turn {
  /** The time of each call on the clock. */
  readonly latencies: readonly number[];
  /** The time of the whole turn on the clock, by its calls. */
  readonly wall: number;
  /** The CPU time of the whole turn, by its calls. */
  readonly cpu: number;
}

export interface Plan {
  readonly turns: number; // of each kind
  readonly calls: number; // in a turn
  readonly atOnce: number; // of these calls
  readonly isReversed: boolean;
}

/** Takes turns between kinds of calls. Turn n of every kind runs at about the same time. */
export async function takeTurns<Name extends string>(
  kinds: Readonly<Record<Name, Timed>>,
  { turns, isReversed, ...plan }: Plan,
): Promise<Readonly<Record<Name, readonly Turn[]>>> {
  const names = Object.keys(kinds) as Name[];
  const taken = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Name, Turn[]>;
  for (let i = 0; i < turns; i++) {
    for (const name of isReversed ? names.toReversed() : names) {
      taken[name].push(await turnOf(kinds[name], plan));
    }
  }
  return taken;
}

async function turnOf(
  { clock, run }: Timed,
  { calls, atOnce }: Pick<Plan, 'calls' | 'atOnce'>,
): Promise<Turn> {
  const latencies: number[] = [];
  let left = calls;
  const work = async (): Promise<void> => {
    while (left-- > 0) latencies.push(await wallOf(run));
  };
  const { wall, cpu } = await costOf(clock, () => Promise.all(Array.from({ length: atOnce }, work)));
  return { latencies, wall: wall / calls, cpu: cpu / calls };
}

/** The result of a run, and what it costs in microseconds: on the clock, and of CPU time. */
export async function costOf<T>(
  clock: Clock,
  run: () => Promise<T>,
): Promise<{ readonly result: T; readonly wall: number; readonly cpu: number }> {
  const [cpuBegan, began] = [clock(), performance.now()];
  const result = await run();
  const wall = (performance.now() - began) * 1000;
  return { result, wall, cpu: clock() - cpuBegan };
}

export const wallOf = async (run: () => Promise<unknown>): Promise<number> =>
  (await costOf(() => 0, run)).wall;

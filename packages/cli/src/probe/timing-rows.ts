import { cannotTell, exchange, info, inner, NOWHERE, type Finding, type Live, type Row } from './live.ts';

const SAMPLES = 8; // of each kind

/** The median of some times, and bounds that contain it in about 93 of 100 cases: the 2nd smallest and the 2nd largest of eight. */
interface Median {
  readonly ms: number;
  readonly low: number;
  readonly high: number;
}

function median(times: readonly number[]): Median {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (i: number): number => sorted[i] ?? 0;
  const half = sorted.length / 2;
  return { ms: (at(half - 1) + at(half)) / 2, low: at(1), high: at(sorted.length - 2) };
}

const shown = ({ ms, low, high }: Median): string =>
  `${ms.toFixed(1)} ms (${low.toFixed(1)} to ${high.toFixed(1)})`;

/** Measures two kinds of exchanges in turn, so that a change of the network affects both. */
async function compared(
  live: Live,
  one: readonly [string, () => Promise<unknown>],
  two: readonly [string, () => Promise<unknown>],
): Promise<Finding> {
  const times: [number[], number[]] = [[], []];
  for (let i = 0; i < SAMPLES * 2; i++) {
    const first = i % 2 === 0;
    const start = live.clock();
    await (first ? one : two)[1]();
    times[first ? 0 : 1].push(live.clock() - start);
  }
  const [a, b] = [median(times[0]), median(times[1])];
  const apart = a.high < b.low || b.high < a.low;
  return info(
    `${apart ? 'they can be told apart' : 'no difference shown'}: ${one[0]} ${shown(a)}, ${two[0]} ${shown(b)}; medians of ${SAMPLES} with 93 % intervals, network included`,
  );
}

const errors: Row = {
  id: 'timing/1',
  class: 1,
  level: 'info',
  title: 'time of an unknown authority and of a malformed message',
  check: async (live) =>
    compared(
      live,
      ['unknown authority', () => exchange(live, inner(live, { authority: NOWHERE }))],
      ['malformed message', () => exchange(live, Uint8Array.of(63, ...live.random(200)))],
    ),
};

const target: Row = {
  id: 'timing/2',
  class: 2,
  level: 'info',
  title: 'time of a refusal inside and of a response of the target',
  check: async (live) => {
    const { target: known } = live;
    if (known === null) return cannotTell('no --target');
    return compared(
      live,
      ['refusal', () => exchange(live, inner(live, { authority: NOWHERE }))],
      ['target', () => exchange(live, inner(live, known))],
    );
  },
};

/** Measurements. They report, and never fail. */
export const TIMING_ROWS: readonly Row[] = [errors, target];

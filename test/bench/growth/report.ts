import { lineChart, type Section, type Series } from '../../support/report.ts';
import type { Figure } from '../row.ts';
import { growthSentence, type Counted, type Point } from './sentence.ts';

/** What the sizes of each kind of row count. */
const COUNTED: Readonly<Record<string, Counted>> = {
  'growth.ledger': ['row', 'rows'],
  'growth.processes': ['process', 'processes'],
  'growth.relay': ['process', 'processes'],
  'growth.gateway': ['process', 'processes'],
  'growth.relay.isolates': ['isolate', 'isolates'],
  'growth.gateway.isolates': ['isolate', 'isolates'],
  'growth.isolates': ['isolate', 'isolates'],
  'growth.catalogue': ['sticker', 'stickers'],
  'growth.concurrent': ['search at once', 'searches at once'],
};
/** Ends the names of rows of time on the clock, whose kind also has a row of CPU time. */
const ON_THE_CLOCK = '.throughput';

/** A row at all of its sizes. */
interface Growth {
  readonly name: string;
  readonly points: readonly Point[];
}

/** The rows that were measured at several sizes. */
function growthOf(figures: readonly Figure[]): Growth[] {
  const sized = Map.groupBy(
    figures.filter(({ size }) => size !== undefined),
    ({ name }) => name,
  );
  return [...sized].map(([name, all]) => ({
    name,
    points: all
      .map(({ size = 0, ours_us, relative, spread }) => ({ x: size, y: ours_us, relative, spread }))
      .toSorted((a, b) => a.x - b.x),
  }));
}

const kindOf = (name: string): string =>
  name.endsWith(ON_THE_CLOCK) ? name.slice(0, -ON_THE_CLOCK.length) : name;

const countedOf = (kind: string): Counted => COUNTED[kind] ?? ['of its size', 'of its size'];

const sentenceOf = ({ name, points }: Growth): string =>
  growthSentence(name, countedOf(kindOf(name)), points);

/** One sentence, or a few, for each row that was measured at several sizes. */
export const growthSentences = (figures: readonly Figure[]): string[] => growthOf(figures).map(sentenceOf);

/** A plot for each kind of row, with what it shows in words. */
export function growthSections(figures: readonly Figure[]): Section[] {
  const kinds = Map.groupBy(growthOf(figures), ({ name }) => kindOf(name));
  return [...kinds].flatMap(([kind, rows]) => {
    const series = rows.map(({ name, points }): Series => {
      return { name: name === kind ? 'CPU time' : 'time on the clock', points };
    });
    const chart = lineChart({ title: kind, x: countedOf(kind)[1], y: 'µs of one operation', series });
    return [{ chart }, ...rows.map((row) => ({ text: sentenceOf(row) }))];
  });
}

import { describe, expect, test } from 'vitest';
import { disagreements } from './bench/compare.ts';
import { growthSections, growthSentences } from './bench/growth/report.ts';
import { growthSentence } from './bench/growth/sentence.ts';
import { figuresOf, turnsOf, type Turn } from './bench/growth/turns.ts';
import type { Figure } from './bench/row.ts';

const ROWS = ['row', 'rows'] as const;

/** The sentence on costs at sizes that each are ten times the one before. */
const of = (...costs: number[]): string =>
  growthSentence(
    'it',
    ROWS,
    costs.map((y, i) => ({ x: 10 ** (i + 1), y })),
  );

describe('growth: the sentence', () => {
  test('a level cost does not bend, also with the noise of a tenth', () => {
    expect(of(50, 50, 50)).toBe(
      'it: 50 µs at 10 rows, 50 µs at 1,000: about as much for 100 times the size. It does not bend.',
    );
    expect(of(50, 54, 47, 52)).toContain('about as much for 1,000 times the size. It does not bend.');
  });

  test('a cost in proportion to the size, or to its root, does not bend', () => {
    expect(of(2, 20, 200)).toBe(
      'it: 2 µs at 10 rows, 200 µs at 1,000: 100 times as much for 100 times the size. It does not bend: the cost is in proportion to the size.',
    );
    expect(of(2, 6.3, 20, 63)).toMatch(/32 times as much for 1,000 times the size. It does not bend.$/);
  });

  test('a cost that is level and then rises bends at the last level size', () => {
    expect(of(80, 75, 70, 164)).toBe(
      'it: 80 µs at 10 rows, 164 µs at 10,000: 2 times as much for 1,000 times the size. It bends at 1,000 rows: 0.88 times as much for 100 times the size below, 2.3 times as much for 10 times the size above.',
    );
    expect(of(10, 100, 101, 99)).toContain(
      'It bends at 100 rows: 10 times as much for 10 times the size below, about as much for 100 times the size above.',
    );
    expect(of(410, 1100, 8400)).toContain('It bends at 100 rows: 2.7 times');
  });

  test('a cost that falls steadily does not bend, and one that stops falling does', () => {
    expect(of(100, 50, 25)).toBe(
      'it: 100 µs at 10 rows, 25 µs at 1,000: 0.25 times as much for 100 times the size. It does not bend.',
    );
    expect(of(1000, 100, 98)).toContain(
      'It bends at 100 rows: 0.1 times as much for 10 times the size below, about as much for 10 times the size above.',
    );
  });

  test('what the spread explains is no bend, and no difference', () => {
    const points = [10, 16, 10].map((y, i) => ({ x: 2 ** i, y }));
    expect(growthSentence('it', ROWS, points)).toContain('It bends at 2 rows');
    const unsteady = points.map((point) => ({ ...point, spread: 0.7 }));
    expect(growthSentence('it', ROWS, unsteady)).toBe(
      'it: 10 µs at 1 row, 10 µs at 4: about as much for 4 times the size. It does not bend.',
    );
  });

  test('costs are compared as the rounds compared them, not as their medians are', () => {
    const points = [10, 11, 90].map((y, i) => ({ x: 10 ** i, y, relative: [undefined, 1, 3][i] }));
    expect(growthSentence('it', ROWS, points)).toBe(
      'it: 10 µs at 1 row, 90 µs at 100: 3 times as much for 100 times the size. It bends at 10 rows: about as much for 10 times the size below, 3 times as much for 10 times the size above.',
    );
  });

  test('fewer than three sizes, and costs of nothing, cannot show a bend', () => {
    expect(of()).toBe('');
    expect(of(1234.5)).toBe('it: 1,235 µs at 10 rows, the only size.');
    expect(of(10, 30)).toBe(
      'it: 10 µs at 10 rows, 30 µs at 100: 3 times as much for 10 times the size. Two sizes cannot show a bend.',
    );
    expect(of(0, 3, 4)).toBe('it: 0 µs at 10 rows, 4 µs at 1,000. A cost of nothing cannot be compared.');
  });
});

describe('growth: rows', () => {
  test('every size has a turn in each round, and every second round begins with the largest', () => {
    expect(turnsOf([1, 2, 4], 3)).toEqual([1, 2, 4, 4, 2, 1, 1, 2, 4]);
  });

  test('a cost is the median of its turns, and is compared with the smallest size inside each round', () => {
    const slow = [1, 3, 2]; // of each round: the machine
    const turns = slow.flatMap((factor): Turn[] => [
      { size: 20, costs: { cpu: 30 * factor, clock: 5 } },
      { size: 10, costs: { cpu: 10 * factor, clock: 5 + factor } },
    ]);
    const figures = figuresOf('node', turns);
    expect(figures.map(({ name, measured: { size } }) => `${name} ${size}`)).toEqual([
      'cpu 10',
      'cpu 20',
      'clock 10',
      'clock 20',
    ]);
    const [small, large] = figures.map(({ measured }) => measured);
    expect(small).toMatchObject({ ours_us: 20, ratio: null });
    expect(small?.spread).toBeCloseTo((3 * 0.5) / Math.sqrt(3)); // as of starts
    expect(small?.relative).toBeUndefined();
    expect(large).toMatchObject({ ours_us: 60, relative: 3, spread: 0 });
    expect(figuresOf('node', [])).toEqual([]);
  });

  const row = (name: string, size: number, ours_us: number, relative?: number): Figure => ({
    name,
    runtime: 'node',
    ours_us,
    peer: null,
    peer_us: null,
    ratio: null,
    spread: 0,
    unsteady: false,
    limit_us: null,
    size,
    ...(relative !== undefined && { relative }),
  });

  test('two runs are compared by the cost beside that of the smallest size', () => {
    const first = [row('a', 1, 100), row('a', 2, 150, 1.5)];
    expect(disagreements(first, [row('a', 1, 105), row('a', 2, 300, 1.6)])).toEqual([]);
    expect(disagreements(first, [row('a', 1, 120), row('a', 2, 150, 1.25)])).toEqual([
      'a 1 (node): 100 and 120 µs, 20 % more',
      'a 2 (node): 1.5 and 1.25, 20 % more',
    ]);
  });

  test('the report has one plot for CPU time and time on the clock, and a sentence on each', () => {
    const figures = [2, 1].flatMap((size) => [
      row('growth.relay', size, 300),
      row('growth.relay.throughput', size, 300 / size),
    ]);
    const sections = growthSections([...figures, { ...row('other', 1, 1), size: undefined } as never]);
    expect(sections).toHaveLength(3);
    const [plot, ...sentences] = sections as [{ chart: string }, ...{ text: string }[]];
    expect(plot.chart).toMatch(/aria-label="growth.relay"[^]*processes[^]*CPU time[^]*time on the clock/);
    expect(sentences.map(({ text }) => text)).toEqual([
      'growth.relay: 300 µs at 1 process, 300 µs at 2: about as much for 2 times the size. Two sizes cannot show a bend.',
      'growth.relay.throughput: 300 µs at 1 process, 150 µs at 2: 0.5 times as much for 2 times the size. Two sizes cannot show a bend.',
    ]);
    expect(growthSentences(figures)).toEqual(sentences.map(({ text }) => text));
    const isolates = [1, 2].map((size) => row('growth.gateway.isolates.throughput', size, 300));
    const [, { text }] = growthSections(isolates) as [{ chart: string }, { text: string }];
    expect(text).toContain('300 µs at 1 isolate, 300 µs at 2: about as much');
    expect(growthSections([])).toEqual([]);
  });
});

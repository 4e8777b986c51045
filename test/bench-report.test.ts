import { describe, expect, test } from 'vitest';
import { measure, summary, type Contestant } from './bench/measure.ts';
import { growthSentence, sentence } from './bench/report.ts';
import type { Figure } from './bench/row.ts';

const figure = (name: string, ratio: number | null, ours_us = 1): Figure => ({
  name,
  runtime: 'node',
  ours_us,
  peer: null,
  peer_us: null,
  ratio,
  spread: null,
  unsteady: false,
  limit_us: null,
});

describe('bench: one row', () => {
  test('summary: the ratio and the spread are of rounds, so a slow round changes neither', () => {
    const calm = summary([1, 2, 3, 4, 5, 6, 7].map((i) => [10 + i, 2 * (10 + i)]));
    expect([calm.ratio, calm.spread, calm.ours_us, calm.peer_us]).toEqual([0.5, 0, 14, 28]);
    const once = summary([[10, 20], [10, 20], [90, 20], [10, 20], [10, 20]]); // prettier-ignore
    expect([once.ratio, once.spread]).toEqual([0.5, 0]);
    const busy = summary([[10, 20], [12, 20], [14, 20], [16, 20], [18, 20]]); // prettier-ignore
    expect(busy.ratio).toBeCloseTo(0.7);
    expect(busy.spread).toBeCloseTo(0.2 / 0.7);
  });

  test('measure: contestants take turns in every round, every second round in reverse order', async () => {
    let time = 0;
    const turns: number[] = [];
    const contestant =
      (who: number, cost: number): Contestant =>
      async (times) => {
        turns.push(who);
        time += times * cost;
      };
    const { ratio, spread } = await measure(
      [contestant(0, 100), contestant(1, 400)],
      () => time,
      () => {},
    );
    expect(ratio).toBeCloseTo(0.25);
    expect(spread).toBeCloseTo(0);
    expect(turns.slice(-4)).toEqual([1, 0, 0, 1]);
  });

  test('measure: takes more rounds while the ratios differ, and stops at a limit', async () => {
    let time = 0;
    let calls = 0;
    const steady: Contestant = async (times) => void (time += times * 100);
    const unsteady: Contestant = async (times) => void (time += times * (100 + 50 * (calls++ % 3)));
    const { spread } = await measure(
      [steady, unsteady],
      () => time,
      () => {},
    );
    expect(spread).toBeGreaterThan(0.1);
    expect(calls).toBeGreaterThan(40);
    expect(calls).toBeLessThan(100);
  });
});

test('bench: the sentence names the median, the extremes and the CPU time of a search, as far as they were measured', () => {
  const figures = [
    figure('a', 0.2),
    figure('b', 0.5),
    figure('c', 0.9),
    figure('e2e.search.cpu', null, 2345),
  ];
  expect(sentence(figures)).toBe(
    "In this run, Sotto took 0.50 of the other packages' time in the median of 3 comparisons, from 0.20 (a, node) to 0.90 (c, node), and one private search cost 2.3 ms of CPU in all four services.",
  );
  expect(sentence(figures.slice(3))).toBe(
    'In this run, one private search cost 2.3 ms of CPU in all four services.',
  );
  expect(sentence([])).toBe('');
});

test('bench: the sentence on growth says how much the cost grows, and where it has doubled', () => {
  const points = [10, 100, 1000].map((x) => ({ x, y: 5 + x / 20 }));
  expect(growthSentence('rows', points)).toBe(
    'rows: 5.5 µs at 10, 55 µs at 1000, 10 times as much for 100 times the size; it has doubled at 1000.',
  );
  expect(growthSentence('rows', points.slice(0, 2))).toContain(
    '1.8 times as much for 10 times the size; it does not double.',
  );
});

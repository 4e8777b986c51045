import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import { fixSemiSpace } from './bench/isolates.ts';
import { measureCases, type RunCase } from './bench/measure.ts';

describe('bench: a row of cases', () => {
  /** Groups a to l, of which the case of l costs the most, beside one case of the peer that costs 100. */
  const GROUPS = 'abcdefghijkl'.split('');
  const cases = { quantiles: [{ name: 'worst', share: 0.99 }], groups: { ours: GROUPS, theirs: ['en'] } };

  test('the figure is that of the worst group: the slowest of the first rounds are run, the slowest of these are measured', async () => {
    let time = 0;
    const calls = new Map<string, number>();
    const runCase: RunCase = async (who, index, times) => {
      if (who === 'ours') calls.set(GROUPS[index] ?? '', (calls.get(GROUPS[index] ?? '') ?? 0) + times);
      time += times * (who === 'ours' ? 100 * (index + 1) : 100);
    };
    const [[name, figure] = []] = await measureCases({ runCase, clock: () => time }, cases);
    expect(name).toBe('worst');
    expect(figure).toMatchObject({ ours_us: 1200, peer_us: 100, ratio: 12 });
    expect(Object.keys(figure?.each_us ?? {})).toEqual(['k', 'l']);
    expect(calls.get('d')).toBeLessThan((calls.get('e') ?? 0) / 10); // after the first rounds
    expect(calls.get('j')).toBeLessThan((calls.get('k') ?? 0) / 1.1); // once the code is optimized
  });

  test('what a request costs once the code is optimized is not in the figure', async () => {
    let time = 0;
    let requests = 0;
    const runCase: RunCase = async (who, _index, times) => {
      time += requests++ < 500 ? 3000 : 200;
      time += times * (who === 'ours' ? 100 : 400);
    };
    const one = { quantiles: [{ name: 'p50', share: 0.5 }], groups: { ours: ['en'], theirs: ['en'] } };
    const [[, figure] = []] = await measureCases({ runCase, clock: () => time }, one);
    expect(figure).toMatchObject({ ours_us: 100, peer_us: 400, ratio: 0.25 });
  });

  test('a case that is disturbed in some rounds does not become the worst', async () => {
    let time = 0;
    let turns = 0;
    const runCase: RunCase = async (who, index, times) => {
      const disturbed = who === 'ours' && index < 11 && ++turns % 5 === 0;
      time += times * (who === 'ours' && index === 11 ? 200 : 100) + (disturbed ? 100_000 : 0);
    };
    const [[, figure] = []] = await measureCases({ runCase, clock: () => time }, cases);
    expect(figure).toMatchObject({ ours_us: 200, ratio: 2 });
  });

  test('a group is chosen for more than its first round, in which others are disturbed', async () => {
    let time = 0;
    const first = new Set<number>();
    const runCase: RunCase = async (who, index, times) => {
      const isDisturbed = who === 'ours' && index < 20 && !first.has(index);
      if (who === 'ours') first.add(index);
      time += times * (who === 'ours' && index === 39 ? 200 : 100) + (isDisturbed ? 100_000 : 0);
    };
    const groups = { ours: Array.from({ length: 40 }, (_, i) => `${i}`), theirs: ['en'] };
    const [[, figure] = []] = await measureCases({ runCase, clock: () => time }, { ...cases, groups });
    expect(figure).toMatchObject({ ours_us: 200, ratio: 2, each_us: { 39: 200 } });
  });

  test('the cases that are left have more calls in a turn, because there are fewer of them', async () => {
    let time = 0;
    const calls: number[] = [];
    const runCase: RunCase = async (who, _index, times) => {
      if (who === 'ours') calls.push(times);
      time += times * 100;
    };
    const groups = { ours: Array.from({ length: 10_000 }, (_, i) => `${i}`), theirs: ['en'] };
    await measureCases({ runCase, clock: () => time }, { ...cases, groups });
    expect(calls[9999]).toBe(1); // 100 µs for each of so many cases
    expect(calls.at(-1)).toBe(16); // 1.5 ms
  });
});

test('bench: the young generation of a thread has the size of its row', async () => {
  const program = `
    const { getHeapSpaceStatistics } = require('node:v8');
    for (let i = 0; i < 1e6; i++) globalThis.kept = new Array(10).fill(i);
    const { space_size } = getHeapSpaceStatistics().find((space) => space.space_name === 'new_space');
    require('node:worker_threads').parentPort.postMessage(space_size / 1024 / 1024);`;
  const megabytesOf = async (semiSpace: number): Promise<number> => {
    fixSemiSpace(semiSpace);
    try {
      const [size] = (await once(new Worker(program, { eval: true }), 'message')) as [number];
      return size;
    } finally {
      fixSemiSpace(0);
    }
  };
  expect(await megabytesOf(1)).toBeLessThanOrEqual(2);
  expect(await megabytesOf(16)).toBeGreaterThanOrEqual(16);
});

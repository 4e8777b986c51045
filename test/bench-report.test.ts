import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { disagreements } from './bench/compare.ts';
import { measure, plainSummary, summary, type Contestant } from './bench/measure.ts';
import { BARE, reporter, sentence } from './bench/report.ts';
import type { Figure } from './bench/row.ts';
import { overStarts } from './bench/starts.ts';

const BENCH = path.join(import.meta.dirname, 'bench/bench.ts');

const row = (name: string, ratio: number | null, ours_us = 1): Figure => ({
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
    const { ratio, spread } = await measure({
      contestants: [contestant(0, 100), contestant(1, 400)],
      isOneCall: false,
      clock: () => time,
      collectGarbage: () => {},
    });
    expect(ratio).toBeCloseTo(0.25);
    expect(spread).toBeCloseTo(0);
    expect(turns.slice(-4)).toEqual([1, 0, 0, 1]);
  });

  test('measure: takes more rounds while the ratios differ, and stops at a limit', async () => {
    let time = 0;
    let turns = 0;
    const rounds = async (costs: readonly number[]): Promise<number> => {
      turns = 0;
      const other: Contestant = async (times) =>
        void (time += times * (costs[turns++ % costs.length] as number));
      const steady: Contestant = async (times) => void (time += times * 100);
      const began = turns;
      await measure({ contestants: [steady, other], isOneCall: false, clock: () => time, collectGarbage });
      return turns - began;
    };
    const collectGarbage = (): void => {};
    const more = (await rounds([100, 150, 200])) - (await rounds([100]));
    expect(more).toBeGreaterThan(5);
    expect(more).toBeLessThan(50);
  });

  test('measure: excludes code that is not optimized yet and the cost of a request', async () => {
    let time = 0;
    const contestant = (cost: number): Contestant => {
      let calls = 0;
      return async (times) => {
        time += 250; // of a request to another process
        for (let i = 0; i < times; i++) time += calls++ < 200 ? 5 * cost : cost;
      };
    };
    const contestants = [contestant(100), contestant(400)];
    const collectGarbage = (): void => {};
    const figure = await measure({ contestants, isOneCall: true, clock: () => time, collectGarbage });
    expect([figure.ours_us, figure.peer_us, figure.ratio, figure.spread]).toEqual([100, 400, 0.25, 0]);
  });

  test('measure: a row of one call a turn makes one, and collects garbage before each', async () => {
    let time = 0;
    const turns: (number | 'collected')[] = [];
    const contestant: Contestant = async (times) => void (turns.push(times), (time += times * 1000));
    const collectGarbage = (): void => void turns.push('collected');
    await measure({
      contestants: [contestant, contestant],
      isOneCall: true,
      clock: () => time,
      collectGarbage,
    });
    expect(turns.slice(-4)).toEqual(['collected', 1, 'collected', 1]);
  });
});

describe('bench: several starts of one row', () => {
  const start = (ours_us: number, peer_us: number, each_us?: Record<string, number>) => ({
    ours_us,
    peer_us,
    ratio: ours_us / peer_us,
    spread: 0.5,
    limit_us: 1,
    ...(each_us && { each_us }),
  });

  test('overStarts: each number is the median, and the spread is that of the starts', () => {
    const all = [start(10, 20, { en: 4 }), start(30, 20, { en: 6 }), start(11, 20, { en: 5 })];
    const figure = overStarts(all);
    expect(figure).toMatchObject({ ours_us: 11, peer_us: 20, ratio: 0.55, limit_us: 1, each_us: { en: 5 } });
    expect(figure.spread).toBeCloseTo((3 * ((20.5 - 10.5) / 11)) / Math.sqrt(3)); // between the quartiles of 10, 11 and 30
    expect(overStarts(all.slice(0, 1)).spread).toBe(0.5);
    const others = overStarts([start(1, 2, { de: 7 }), start(1, 2, { en: 4 }), start(1, 2, { en: 4 })]);
    expect(others.each_us).toEqual({ de: 7, en: 4 }); // starts that did not measure a group do not count as zero
  });

  test('overStarts: each part of a row has its median, and the parts are not in the spread', () => {
    const parts = (crypto: number, disk: number) => ({ ...start(10, 20), parts_us: { crypto, disk } });
    const figure = overStarts([parts(1, 900), parts(3, 20), parts(2, 30)]);
    expect(figure).toMatchObject({ parts_us: { crypto: 2, disk: 30 }, spread: 0 });
    expect(overStarts([start(1, 2)])).not.toHaveProperty('parts_us');
  });

  test('overStarts: a row without a peer has the spread of its times', () => {
    const plain = (ours_us: number) => ({ ...plainSummary([ours_us]), growth_bytes: 7 });
    const figure = overStarts([plain(8), plain(10), plain(12)]);
    expect(figure).toMatchObject({ ours_us: 10, peer_us: null, ratio: null, growth_bytes: 7 });
    expect(figure.spread).toBeCloseTo((3 * 0.2) / Math.sqrt(3));
    expect(overStarts([plain(0), plain(0)]).spread).toBe(0);
  });
});

describe('bench: comparison of two runs', () => {
  test('rows that differ by more than 10 %, by ratio or else by time, and rows of one run only are listed', () => {
    const first = [row('same', 0.5, 90), row('other', 0.5), row('plain', null, 100), row('gone', 1)];
    const second = [row('same', 0.549, 10), row('other', 0.4), row('plain', null, 111), row('new', 1)];
    expect(disagreements(first, second)).toEqual([
      'other (node): 0.5 and 0.4, 25 % more',
      'plain (node): 100 and 111 µs, 11 % more',
      'gone (node): only in the first run',
      'new (node): only in the second run',
    ]);
    expect(disagreements(first, first)).toEqual([]);
  });

  test('rows of one name are distinguished by runtime, peer and size; zero agrees only with zero', () => {
    const sized = [1, 2].map((size) => ({ ...row('a', null, size), size }));
    const first = [...sized, { ...row('a', 0.5), peer: 'x' }, { ...row('a', 0.7), peer: 'y' }, row('z', null, 0)]; // prettier-ignore
    expect(disagreements(first, first.toReversed())).toEqual([]);
    expect(disagreements(first, [...first.slice(0, -1), row('z', null, 3)])).toEqual([
      'z (node): 0 and 3 µs, much more',
    ]);
  });

  test('a row with a peer is compared by its ratio, and its parts are no rows', () => {
    const run = (ours_us: number, ratio: number, disk: number): Figure[] => [
      { ...row('e2e.search', ratio, ours_us), peer: BARE, peer_us: ours_us / ratio, parts_us: { disk } },
    ];
    expect(disagreements(run(4000, 1.6, 300), run(6000, 1.7, 1900))).toEqual([]);
    expect(disagreements(run(4000, 1.6, 300), run(4000, 1.8, 300))).toEqual([
      'e2e.search (node, bare exchange): 1.6 and 1.8, 13 % more',
    ]);
  });

  test('npm run bench -- --compare: exits with 0 if the runs agree, with 1 if not, and with 2 without two runs', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'sotto-bench-'));
    const write = (name: string, text: string): string => {
      writeFileSync(path.join(folder, name), text);
      return path.join(folder, name);
    };
    const json = (ratio: number): string => `${JSON.stringify(row('a', ratio))}\n`;
    const [one, near, far, text] = [write('1', json(0.5)), write('2', json(0.52)), write('3', json(0.9)), write('4', 'row  ratio\n')]; // prettier-ignore
    const run = (...args: string[]) => {
      const { status, stdout, stderr } = spawnSync(process.execPath, [BENCH, ...args], { encoding: 'utf8' });
      return { status, said: stdout + stderr };
    };
    try {
      expect(run('--compare', one, '--with', near)).toEqual({
        status: 0,
        said: '1 of 1 rows agree within 10 %.\n',
      });
      expect(run('--compare', one, '--with', far)).toEqual({
        status: 1,
        said: 'a (node): 0.5 and 0.9, 80 % more\n0 of 1 rows agree within 10 %.\n',
      });
      expect(run('--compare', one, '--with', text)).toEqual({
        status: 2,
        said: `${text}:1: not a figure; write the file with npm run -s bench -- --json\n`,
      });
      expect(run('--compare', one)).toEqual({
        status: 2,
        said: '--compare FILE and --with FILE belong together\n',
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

test('bench: the sentence names the median, the extremes and the CPU time of a search, as far as they were measured', () => {
  const figures = [row('a', 0.2), row('b', 0.5), row('c', 0.9), row('e2e.search.cpu', null, 2345)];
  expect(sentence(figures)).toBe(
    "In this run, Sotto took 0.50 of the other packages' time in the median of 3 comparisons, from 0.20 (a, node) to 0.90 (c, node), and one private search cost 2.3 ms of CPU in all four services.",
  );
  expect(sentence(figures.slice(3))).toBe(
    'In this run, one private search cost 2.3 ms of CPU in all four services.',
  );
  expect(sentence([])).toBe('');
  const beside = { ...row('e2e.search.cpu', 1.5, 2345), peer: BARE, peer_us: 1560 };
  expect(sentence([row('b', 0.5), beside])).toBe(
    "In this run, Sotto took 0.50 of the other packages' time in the median of 1 comparisons, from 0.50 (b, node) to 0.50 (b, node), and one private search cost 2.3 ms of CPU in all four services (a bare exchange: 1.6).",
  );
});

test('bench: the parts of a row are printed below it with their times, and are in its JSON', () => {
  const printed = (json: boolean): string => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => {});
    try {
      const measured = { ...summary([[4000, 2500]]), parts_us: { crypto: 1362.123, disk: 279 } };
      reporter(json).report('workerd', { name: 'e2e.search', peer: BARE }, measured);
      return log.mock.calls.join('\n');
    } finally {
      log.mockRestore();
    }
  };
  expect(printed(false)).toContain(
    'e2e.search                workerd        4000       2500       1.6      0 %             bare exchange\n    of ours: crypto 1362, disk 279',
  );
  expect(JSON.parse(printed(true))).toMatchObject({
    ours_us: 4000,
    peer: BARE,
    ratio: 1.6,
    parts_us: { crypto: 1362, disk: 279 },
  });
});

import { describe, expect, test } from 'vitest';
import { disagreements } from './bench/compare.ts';
import { summary } from './bench/measure.ts';
import { isUnsteady } from './bench/report.ts';
import { untilSteady, type Start } from './bench/starts.ts';
import { seeded } from './support/seeded.ts';

/** A row whose ratio is another one in each start. */
const startsWith =
  (name: string, ratio: (start: number) => number, began: string[] = []): Start =>
  async (start) => {
    began.push(`${name} ${start}`);
    return [[name, summary([[100 * ratio(start), 100]])]];
  };

describe('bench: starts until a row is steady', () => {
  test('a steady row has three starts, others have more, and rows take turns', async () => {
    const began: string[] = [];
    const settles = (start: number): number => [1, 1.2, 1.4][start - 1] ?? 1.2; // the middle half becomes narrow
    const [steady, settling, wild] = await untilSteady([
      startsWith('steady', (start) => 0.5 + start / 1000, began),
      startsWith('settling', settles, began),
      startsWith('wild', (start) => 1 + (start % 3), began),
    ]);
    const count = (name: string): number => began.filter((one) => one.startsWith(name)).length;
    expect(began.slice(0, 4)).toEqual(['steady 1', 'settling 1', 'wild 1', 'steady 2']);
    expect(count('steady')).toBe(3);
    expect(count('settling')).toBe(5);
    expect(count('wild')).toBe(7);
    expect(steady).toMatchObject([['steady', { ratio: 0.502 }]]);
    expect(settling).toMatchObject([['settling', { ratio: 1.2, spread: 0 }]]);
    expect(wild).toMatchObject([['wild', { ratio: 2 }]]);
  });

  test('one unsteady row of those that a start measures is enough for another start', async () => {
    let starts = 0;
    const start: Start = async (number) => {
      starts++;
      return [
        ['a', summary([[100, 100]])],
        ['b', summary([[100 * number, 100]])],
      ];
    };
    await untilSteady([start]);
    expect(starts).toBe(7);
  });

  test('the spread predicts the next run: of rows that two runs do not agree on, almost all are marked "unsteady"', async () => {
    const uniform = seeded(1);
    // A standard normal variable, by Box and Muller's transform.
    const normal = (): number => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
    const deviations = [0.01, 0.03, 0.05, 0.08, 0.12];
    const rows = deviations.flatMap((deviation) => Array.from({ length: 60 }, () => deviation));
    const run = async () =>
      (
        await untilSteady(
          rows.map((deviation, i) => startsWith(`${i}`, () => Math.exp(deviation * normal()))),
        )
      ).flat();
    const [first, second] = [await run(), await run()];
    const counts = { agree: 0, differMarked: 0, differUnmarked: 0, steadyMarked: 0 };
    for (const [i, deviation] of rows.entries()) {
      const [a, b] = [first[i]?.[1], second[i]?.[1]];
      if (a === undefined || b === undefined) throw new Error(`row ${i} has no figure`);
      const figure = (one: typeof a) => ({ ...one, name: `${i}`, runtime: 'node' as const, peer: null });
      const isMarked = isUnsteady(a) || isUnsteady(b);
      if (disagreements([figure(a)], [figure(b)]).length === 0) counts.agree++;
      else if (isMarked) counts.differMarked++;
      else counts.differUnmarked++;
      if (deviation <= 0.03 && isMarked) counts.steadyMarked++;
    }
    expect(counts.differMarked).toBeGreaterThan(5);
    expect(counts.differUnmarked).toBeLessThan(rows.length * 0.05);
    expect(counts.steadyMarked).toBe(0);
  });
});

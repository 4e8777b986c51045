import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { faultSuite, type FaultSuite } from '../faults/run.ts';
import { EXPECTED, FAULTS, PAIRS, type Fault, type Pair } from '../faults/table.ts';
import { seeded } from '../support/seeded.ts';

/** Cells that wait for a deadline of five seconds or more belong to `npm run faults`. */
const SLOW = new Set<Fault>(['responds slowly', 'never responds']);
const SHARE = 12; // cells of the table; `npm run faults` runs them all

const quick = PAIRS.flatMap((pair) =>
  (Object.keys(FAULTS) as Fault[]).filter((fault) => !SLOW.has(fault)).map((fault) => [pair, fault] as const),
);

/** The same share of the table in every run, with every pair and every quick fault at least once. */
function share(): (readonly [Pair, Fault])[] {
  const next = seeded(20_261_126);
  const shuffled = quick
    .map((cell) => ({ cell, key: next() }))
    .toSorted((a, b) => a.key - b.key)
    .map(({ cell }) => cell);
  const chosen = new Set<readonly [Pair, Fault]>();
  for (const pair of PAIRS) chosen.add(shuffled.find((cell) => cell[0] === pair) as (typeof quick)[number]);
  for (const [, fault] of quick) {
    if (![...chosen].some((cell) => cell[1] === fault)) {
      chosen.add(shuffled.find((cell) => cell[1] === fault) as (typeof quick)[number]);
    }
  }
  for (const cell of shuffled) if (chosen.size < SHARE) chosen.add(cell);
  return [...chosen];
}

let suite: FaultSuite;
beforeAll(async () => {
  suite = await faultSuite();
}, 60_000);
afterAll(() => suite.close());

describe('faults between two parts', () => {
  test('fault table: has an expected outcome for every pair and every fault', () => {
    const cells = PAIRS.flatMap((pair) => Object.keys(FAULTS).map((fault) => EXPECTED[pair][fault as Fault]));
    expect(cells).toHaveLength(55);
    expect(cells.filter((outcome) => !/^[a-z-]+, then ok$/.test(outcome))).toEqual([]);
  });

  test.each(share())('%s: %s, and the client sees the expected outcome', async (pair, fault) => {
    expect(await suite.run(pair, fault)).toBe(EXPECTED[pair][fault]);
  });
});

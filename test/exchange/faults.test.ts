import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { faultSuite, type FaultSuite } from '../faults/run.ts';
import { EXPECTED, FAULTS, PAIRS, type Fault, type Pair } from '../faults/table.ts';

/**
 * One cell for each fault that ends soon. `npm run faults` runs the whole table on both platforms. Every pair
 * except the relay's bundle is in it, because a relay waits ten seconds before it fetches again.
 */
const SHARE: Readonly<Partial<Record<Fault, Pair>>> = {
  'cuts the request': 'relay–gateway',
  'cuts the response': 'client–issuer',
  'resets the response': 'client–relay',
  'resets the connection': 'gateway–service',
  delays: 'client–issuer',
  'responds 101': 'issuer–attester',
  'responds garbage': 'gateway–issuer',
  duplicates: 'signer–gateway',
  reorders: 'client–relay',
};

let suite: FaultSuite;
beforeAll(async () => {
  suite = await faultSuite('node');
}, 60_000);
afterAll(() => suite.close());

describe('faults between two parts', () => {
  test('fault table: has an expected outcome for every pair and every fault', () => {
    const cells = PAIRS.flatMap((pair) => Object.keys(FAULTS).map((fault) => EXPECTED[pair][fault as Fault]));
    expect(cells).toHaveLength(88);
    expect(cells.filter((outcome) => !/^[a-z-]+, then ok$/.test(outcome))).toEqual([]);
  });

  test.each(Object.entries(SHARE) as [Fault, Pair][])(
    '%s between %s: the client sees the expected outcome',
    async (fault, pair) => {
      expect(await suite.run(pair, fault)).toBe(EXPECTED[pair][fault]);
    },
  );
});

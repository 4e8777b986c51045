import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ATTACKS, siege, type Siege } from '../siege/run.ts';

/** A small share of `npm run siege`, so that a missing defence is noticed in every run. */
const STRENGTH = { ms: 700, share: 0.05 };

let suite: Siege;
beforeAll(async () => {
  suite = await siege(false);
}, 60_000);
afterAll(() => suite.close());

describe('siege', () => {
  test.each(ATTACKS)(
    '%s: all honest searches succeed during the attack',
    async (attack) => {
      const { sent, succeeded, failures } = await suite.run(attack, STRENGTH);
      expect(sent).toBeGreaterThan(3);
      expect({ succeeded, failures }).toEqual({ succeeded: sent, failures: {} });
    },
    60_000,
  );
});

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ATTACKS, siege, type Siege } from '../siege/run.ts';

/** A small share of `npm run siege`, so that a missing defence is noticed in every run. */
const CONDITIONS = { ms: 700, searches: 8, share: 0.05, timeoutMs: 60_000 };

let suite: Siege;
beforeAll(async () => {
  suite = await siege(false);
});
afterAll(() => suite.close());

describe('siege', () => {
  test.each(ATTACKS)('%s: all honest searches succeed during the attack', async (attack) => {
    const { sent, succeeded, failures } = await suite.run(attack, CONDITIONS);
    expect(sent).toBeGreaterThanOrEqual(CONDITIONS.searches);
    expect({ succeeded, failures }).toEqual({ succeeded: sent, failures: {} });
  });
});

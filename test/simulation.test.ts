import { describe, expect, test } from 'vitest';
import { BOUNDS, keeps } from './simulation/bounds.ts';
import { mutualInformation, quantile } from './simulation/measure.ts';
import { simulate } from './simulation/model.ts';
import { Randomness } from './simulation/randomness.ts';

const column = (length: number, value: (i: number) => number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => value(i));

describe('measures of the simulation', () => {
  test('mutual information is the entropy of equal columns, and nothing between independent ones', () => {
    const random = new Randomness(1);
    const eight = column(40_000, () => random.below(8));
    expect(mutualInformation(eight, eight, random)).toBeCloseTo(3, 2);
    const others = column(40_000, () => random.below(8));
    expect(mutualInformation(eight, others, random)).toBeLessThan(0.001);
    const half = eight.map((value, i) => (i % 2 === 0 ? value : (others[i] ?? 0)));
    expect(mutualInformation(eight, half, random)).toBeGreaterThan(0.5);
  });

  test('a quantile is of the sorted values', () => {
    expect([0, 0.5, 0.99].map((q) => quantile([5, 1, 4, 2, 3], q))).toEqual([1, 3, 5]);
  });

  test('the generator is the same for a seed, and another for another', () => {
    const bytes = (seed: number): string => new Randomness(seed).bytes(13).join();
    expect(bytes(1)).toBe(bytes(1));
    expect(bytes(1)).not.toBe(bytes(2));
  });
});

// `npm run simulate` does the same with 2000 accounts, for an app and a page.
describe('what request times reveal to an operator of issuer and gateway, for 120 people with a messenger', () => {
  const messenger = BOUNDS.filter(({ surface }) => surface === 'messenger');
  test.each([...new Set(messenger.map(({ scheme }) => scheme))])('N05 %s: keeps its bounds', (scheme) => {
    const findings = simulate({ scheme, surface: 'messenger', accounts: 120, seed: 1 });
    const missed = messenger.filter((bound) => bound.scheme === scheme && !keeps(bound, findings));
    expect(missed.map(({ what, value }) => [what, value(findings)])).toEqual([]);
  });

  test('leaky builds would miss the bounds of vouchers', () => {
    const [ofBits, ofCandidates] = [messenger[0], messenger[1]];
    const direct = simulate({ scheme: 'direct', surface: 'messenger', accounts: 60, seed: 1 });
    expect([ofBits, ofCandidates].map((bound) => bound && keeps(bound, direct))).toEqual([false, false]);
  });
});

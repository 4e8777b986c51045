import type { Bytes } from '@sotto/wire';
import type { Ledger, Spend, SpendOutcome, SpentTokens } from '../../src/ports.ts';
import { random } from './wallet.ts';

type Race = readonly [name: string, spends: readonly Spend[], expected: Readonly<Record<string, number>>];

const spend = (more: Partial<Spend> = {}): Spend => ({
  id: random(32),
  tag: random(32),
  envelope: random(32),
  call: random(8),
  idempotent: true,
  ...more,
});

function many(count: number, of: () => Spend): Spend[] {
  return Array.from({ length: count }, of);
}

function tally(outcomes: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const outcome of outcomes) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}

function same(a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>): boolean {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].every((name) => a[name] === b[name]);
}

/**
 * The contract of every store of spent tokens under concurrency. Returns its violations: none for a correct
 * store. It is a function, so that a test can show that a faulty store fails.
 *
 * @param end - of acceptance, in the store's future
 */
export async function spentTokensViolations(store: SpentTokens, end: number, size = 100): Promise<string[]> {
  const violations: string[] = [];
  const ledger = (more: Partial<Ledger> = {}): Ledger => ({ keyId: random(32), shards: 4, end, ...more });
  const race = async (at: Ledger, [name, spends, expected]: Race): Promise<void> => {
    const outcomes = await Promise.all(spends.map((one) => store.spend(at, one).catch(String)));
    if (!same(tally(outcomes), expected)) {
      violations.push(`${name}: ${JSON.stringify(tally(outcomes))}`);
    }
  };
  const [a, b, c, d] = [random(32), random(32), random(32), random(32)] as [Bytes, Bytes, Bytes, Bytes];
  const once = spend({ id: d });
  const own = spend();
  const races: readonly Race[] = [
    ['one token, many requests', many(size, () => spend({ id: a })), { first: 1, spent: size - 1 }],
    [
      'one request, many retries',
      many(size, () => spend({ id: b, tag: a })),
      { first: 1, again: 2, spent: size - 3 },
    ],
    [
      'one request of a service that is not idempotent',
      many(size, () => spend({ id: c, tag: a, idempotent: false })),
      { first: 1, spent: size - 1 },
    ],
    ['one envelope', many(size, () => ({ ...once, call: random(8) })), { first: 1, replayed: size - 1 }],
    ['one call and its own retries', [own, own, own], { first: 3 }],
    ['many tokens', many(size, () => spend()), { first: size }],
  ];
  const key = ledger();
  for (const one of races) await race(key, one);
  await race(ledger(), ['the same id under another key', [spend({ id: a })], { first: 1 }]);

  const retried = spend();
  const steps: [Partial<Spend>, SpendOutcome][] = [
    [{}, 'first'],
    [{ envelope: a }, 'again'],
    [{ envelope: a }, 'replayed'],
    [{}, 'replayed'],
    [{ envelope: b, tag: b }, 'spent'],
    [{ envelope: b, idempotent: false }, 'spent'],
    [{ envelope: b }, 'again'],
    [{ envelope: b }, 'replayed'],
    [{ envelope: c }, 'spent'],
    [{ envelope: a, tag: b }, 'replayed'],
  ];
  for (const [i, [more, expected]] of steps.entries()) {
    const call = random(8);
    const outcome = await store.spend(key, { ...retried, ...more, call });
    const retry = await store.spend(key, { ...retried, ...more, call });
    const told = outcome === 'first' || outcome === 'again' ? outcome : expected;
    if (retry !== told) violations.push(`step ${i}, its own retry: ${retry}, not ${told}`);
    if (outcome !== expected) violations.push(`step ${i}: ${outcome}, not ${expected}`);
  }

  const over = ledger({ end: 1 });
  await race(over, ['past the end of acceptance', many(2, () => spend()), { ended: 2 }]);
  await store.close(key);
  await store.close(key);
  await race(key, ['after a restore', [once, retried, spend()], { ended: 3 }]);
  await race(ledger(), ['another key after a restore', [spend()], { first: 1 }]);
  return violations;
}

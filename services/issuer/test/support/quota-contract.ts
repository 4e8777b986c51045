import type { UnixSeconds } from '@sotto/wire';
import type { Quota, QuotaCharge } from '../../src/ports.ts';
import { random } from './wallet.ts';

/** How often each value occurs, as one line: `charged 30, exhausted 70`. */
function tallied(values: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([value, count]) => `${value} ${count}`)
    .join(', ');
}

const batchOf = (i: number): string => `${i}`.padStart(32, '0');

/**
 * The contract of every store of quotas under concurrency. Returns its violations: none for a correct store.
 *
 * @param epoch - whose quotas the store keeps
 * @param over - an epoch whose quotas are over
 */
export async function quotaViolations(
  quota: Quota,
  epoch: UnixSeconds,
  over: UnixSeconds,
): Promise<string[]> {
  const violations: string[] = [];
  const charge = (more: Partial<QuotaCharge> = {}): QuotaCharge => ({
    epoch,
    account: random(32),
    service: 'stickers',
    count: 1,
    limit: 30,
    batch: batchOf(0),
    ...more,
  });
  const expectOutcomes = async (
    name: string,
    charges: readonly QuotaCharge[],
    expected: string,
  ): Promise<void> => {
    const outcomes = tallied(await Promise.all(charges.map((one) => quota.charge(one).catch(String))));
    if (outcomes !== expected) violations.push(`${name}: ${outcomes}, not ${expected}`);
  };
  const expectUsed = async (name: string, row: QuotaCharge, expected: number): Promise<void> => {
    const used = await quota.used(row);
    if (used !== expected) violations.push(`${name}: ${used} used, not ${expected}`);
  };
  const many = (row: QuotaCharge, count: number): QuotaCharge[] =>
    Array.from({ length: count }, (_, i) => ({ ...row, batch: batchOf(i) }));

  const racing = charge();
  await expectOutcomes('one token each', many(racing, 100), 'charged 30, exhausted 70');
  await expectUsed('one token each', racing, 30);
  const uneven = charge({ count: 7 });
  await expectOutcomes('seven tokens each', many(uneven, 50), 'charged 4, exhausted 46');
  await expectUsed('seven tokens each', uneven, 28);
  const same = charge({ count: 5 });
  await expectOutcomes(
    'one batch',
    Array.from({ length: 100 }, () => same),
    'charged 1, exhausted 97, repeated 2',
  );
  await expectUsed('one batch', same, 5);

  const tooLarge = charge({ count: 31 });
  await expectOutcomes(
    'more than the limit at once',
    [tooLarge, { ...tooLarge, limit: 0, count: 1 }],
    'exhausted 2',
  );
  await expectUsed('more than the limit at once', tooLarge, 0);
  await expectOutcomes('the rest after it', [{ ...tooLarge, count: 30 }], 'charged 1');
  await expectOutcomes('another service', [{ ...tooLarge, service: 'weather', count: 30 }], 'charged 1');

  const spans = charge({ limit: 3 });
  for (const batch of [
    'a'.repeat(16) + 'b'.repeat(16),
    'c'.repeat(16) + 'd'.repeat(16),
    'b'.repeat(16) + 'c'.repeat(16),
  ]) {
    await expectOutcomes('a digest that spans two stored ones', [{ ...spans, batch }], 'charged 1');
  }
  await expectOutcomes('an epoch that is over', [charge({ epoch: over })], 'ended 1');
  await expectUsed('an epoch that is over', charge({ epoch: over }), 0);
  return violations;
}

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { liveThrough } from './history.ts';
import type { Replace } from './machine.ts';
import { awaitBeforeInsert, inMemory, noUniqueKey } from './mutants.ts';
import { history, type Operation } from './operations.ts';
import { liveWithVouchers } from './voucher-history.ts';
import regressions from './regressions.json' with { type: 'json' };

const RIGHT = { doubled: [], lost: [], overQuota: [] };
const SEED = 20261122;

describe('generated histories on a real store', () => {
  test('50 histories: nothing takes effect twice, nothing acknowledged is lost, and no quota is exceeded', async () => {
    const property = fc.asyncProperty(history, async (operations) => {
      expect(await liveThrough(operations)).toEqual(RIGHT);
    });
    await fc.assert(property, { numRuns: 50, seed: SEED });
  }, 300_000);

  test.each(regressions.map((operations, i) => [i, operations as Operation[]] as const))(
    'history %i, which failed in the past',
    async (_i, operations) => {
      expect(await liveThrough(operations)).toEqual(RIGHT);
    },
  );
});

const mutants: readonly (readonly [string, Replace])[] = [
  ['an await between check and insert', awaitBeforeInsert],
  ['no unique key', noUniqueKey],
  ['memory alone', inMemory],
];

/** Whether one of so many histories goes wrong. */
async function isDetected(
  live: (operations: readonly Operation[]) => Promise<object>,
  numRuns: number,
): Promise<boolean> {
  const property = fc.asyncProperty(history, async (operations) => {
    expect(await live(operations)).toEqual(RIGHT);
  });
  return (await fc.check(property, { numRuns, seed: SEED, endOnFailure: true })).failed;
}

describe('generated histories of vouchers', () => {
  test('V10 V12 30 histories: no voucher buys two packs, none is lost, no account gets more than its issuances', async () => {
    const property = fc.asyncProperty(history, async (operations) => {
      expect(await liveWithVouchers(operations)).toEqual(RIGHT);
    });
    await fc.assert(property, { numRuns: 30, seed: SEED });
  }, 300_000);

  test.each(mutants)(
    'a mutated store is detected: %s',
    async (_name, replace) => {
      expect(await isDetected((operations) => liveWithVouchers(operations, replace), 60)).toBe(true);
    },
    300_000,
  );
});

describe('S08 a mutated store is detected', () => {
  test.each(mutants)(
    '%s',
    async (_name, replace) => {
      expect(await isDetected((operations) => liveThrough(operations, replace), 100)).toBe(true);
    },
    300_000,
  );
});

import { afterAll, beforeAll, expect, test } from 'vitest';
import { clientOf } from '../../../test/support/clients.ts';
import { DEMO_QUOTA, quotaLine } from '../src/demo.ts';
import { startSuite, type Suite } from '../src/suite.ts';
import { tableOf } from '../src/table.ts';

let suite: Suite;
beforeAll(async () => {
  suite = await startSuite({ vars: tableOf([]).vars });
}, 60_000);
afterAll(() => suite.dispose());

test('N46 npm start: twelve browser profiles of one account each get their three batches', async () => {
  const profiles = Array.from({ length: 12 }, () => clientOf(suite, 'you@local', { batches: 3 }));
  for (const profile of profiles) await profile.refill();
  const { results } = await (profiles.at(-1) as (typeof profiles)[number]).search('happy cat');
  expect(results.length).toBeGreaterThan(0);
}, 60_000);

test('N46 npm start: says when the quota resets, and how to reset it now', () => {
  const line = quotaLine(new Date('2026-12-31T23:10:00Z'), 86_400, '.sotto/8801');
  expect(line).toBe(
    `${DEMO_QUOTA} tokens per account until 2027-01-01 00:00 UTC; stop and delete .sotto/8801 to start afresh`,
  );
  const half = quotaLine(new Date('2026-06-01T11:59:59Z'), 43_200, 'x');
  expect(half).toContain('until 2026-06-01 12:00 UTC');
});

import { DAY } from '@sotto/wire';
import { expect, test } from 'vitest';
import { durableKeys, durableQuota, durableSpentTokens } from '../../src/durable/ports.ts';
import { authorityViolations } from '../support/authority-contract.ts';
import { quotaViolations } from '../support/quota-contract.ts';
import { bindings } from './objects.ts';

const EPOCH = Math.floor(Date.now() / 1000 / DAY) * DAY;
const MAX_CEILING = 2 ** 35; // of a service without one of its own

test('quota on Durable Objects: meets the contract', async () => {
  expect(await quotaViolations(durableQuota(bindings.QUOTA), EPOCH, EPOCH - 2 * DAY)).toEqual([]);
});

test('key authority on Durable Objects: meets the contract', async () => {
  const spent = durableSpentTokens(bindings.SPENT);
  const authorities = [0, 1].map(() => durableKeys(bindings.KEYS, spent));
  expect(await authorityViolations(authorities, { keysOfEpoch: 3, ceiling: MAX_CEILING })).toEqual([]);
});

import { describe, expect, test } from 'vitest';
import type { Wallet } from '../src/index.ts';
import { FIRST_EPOCH, refills, search, started, vouchersOf } from './support/vouchers.ts';
import { DAY } from './support/world.ts';

describe('tokens that count', () => {
  test('tokens that no request takes any more, in the last 30 seconds, do not count: an empty wallet refills', async () => {
    const { setup, world, wallet, client } = await started();
    world.now = (FIRST_EPOCH + 2) * DAY - 30; // the tokens of the first day are accepted for 30 seconds more
    await endSchedule(wallet, FIRST_EPOCH + 1);
    await client.refill();
    expect(refills(setup)).toBe(2);
  });

  test('tokens of an epoch that has not begun do not count: neither for an empty wallet nor for one with few tokens', async () => {
    const { setup, world, wallet, client } = await started();
    await wallet.update((state) => {
      const ahead = state.tokens.map((token) => ({ ...token, epoch: (FIRST_EPOCH + 3) * DAY }));
      state.tokens = [...ahead, ...ahead, ...ahead]; // nine, more than are few
    });
    world.now = (FIRST_EPOCH + 1) * DAY;
    await endSchedule(wallet, FIRST_EPOCH + 1);
    await client.refill();
    expect(refills(setup)).toBe(2);
    world.now += 900;
    expect((await client.request('stickers', search)).status).toBe(200);
    // Two rested tokens are left: one more refill follows.
    expect((await vouchersOf(wallet))?.schedule?.extraAt).toBeGreaterThan(world.now);
  });
});

test('a service that no voucher buys tokens of, and that the application lists, does not make every refill come at once', async () => {
  const { setup, world, wallet } = await started();
  const client = world.client({ wallet, services: ['stickers', 'weather'] });
  world.now = (FIRST_EPOCH + 1) * DAY;
  await client.refill();
  expect(refills(setup)).toBe(1);
  const dueAt = (await vouchersOf(wallet))?.schedule?.dueAt ?? 0;
  expect(dueAt).toBeGreaterThan(world.now);
  world.now = dueAt;
  await client.refill();
  expect(refills(setup)).toBe(2);
  await expect(client.request('weather', search)).rejects.toMatchObject({ code: 'unknown-service' });
  expect(refills(setup)).toBe(2);
});

/** Leaves no refill at a random time in an epoch, so that only an empty wallet refills. */
const endSchedule = (wallet: Wallet, epoch: number): Promise<void> =>
  wallet.update(({ vouchers }) => {
    if (vouchers !== null) vouchers.schedule = { epoch, dueAt: null, extraAt: null, began: false };
  });

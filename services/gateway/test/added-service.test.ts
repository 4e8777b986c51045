import { decodeBundle } from '@sotto/bundle';
import { beforeEach, expect, test } from 'vitest';
import type { PublishedSchedule } from '@sotto/redemption';
import type { KeyStore } from '../src/ports.ts';
import { DAY, testGateway, memoryStores, NOW, row, scheduleOf } from './support/gateway.ts';

const STICKERS = row('stickers', { type: 5 }, true);
const WEATHER = row('weather', { type: 5 }, true);
const TODAY = Math.floor(NOW / DAY);
const TOMORROW = NOW + DAY;

/**
 * The issuer's schedule: the running epoch and the six after it, because a bundle shows the keys of two
 * epochs.
 */
const schedule =
  (names: readonly string[], now: number): (() => Promise<PublishedSchedule>) =>
  async () => ({ revision: 1, epochs: (await scheduleOf(names, DAY, () => now)()).epochs.slice(0, 7) });

let store: KeyStore;
beforeEach(async () => {
  store = memoryStores().keys;
  await testGateway({ store, rows: [STICKERS], schedule: schedule(['stickers'], NOW) }); // signs every bundle
});

/** The services that the bundle of each epoch from today names. */
async function named(): Promise<string[]> {
  const bundles = await store.bundles(TODAY, TODAY + 14);
  return bundles.map(({ epochIndex, bundle }) => {
    const names = decodeBundle(bundle).services.map(({ name }) => name);
    return `${epochIndex - TODAY}: ${names.join(' ')}`;
  });
}

const SIGNED = [0, 1, 2, 3, 4, 5, 6].map((epoch) => `${epoch}: stickers`);

test('an added service is in the bundles from the second epoch ahead, signed or not', async () => {
  const rows = [STICKERS, WEATHER];
  await testGateway({ store, rows, schedule: schedule(['stickers', 'weather'], TOMORROW), now: TOMORROW });
  const later = [3, 4, 5, 6, 7].map((epoch) => `${epoch}: stickers weather`);
  expect(await named()).toEqual([...SIGNED.slice(0, 3), ...later]);
});

test('while the issuer lacks a service of the table, no bundle is put up for signing', async () => {
  const rows = [STICKERS, WEATHER];
  await testGateway({ store, rows, schedule: schedule(['stickers'], TOMORROW), now: TOMORROW });
  expect(await named()).toEqual(SIGNED);
});

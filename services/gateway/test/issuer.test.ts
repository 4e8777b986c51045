import type { IssuerApi, RedemptionCall } from '@sotto/redemption';
import { expect, test } from 'vitest';
import { trackIssuer, type RevisionStore } from '../src/issuer.ts';
import { memoryStores, random } from './support/gateway.ts';

const redemption = () => ({
  service: 'stickers',
  token: random(162),
  tag: random(32),
  envelope: random(32),
  idempotent: true,
});

/** An issuer whose revision grows with each call, and the revisions that it was sent. */
function countingIssuer(first = 100): { api: IssuerApi; told: number[] } {
  const told: number[] = [];
  let revision = first;
  const api: IssuerApi = {
    async redeem({ knownRevision }: RedemptionCall) {
      told.push(knownRevision);
      return { outcome: 'first', revision: ++revision };
    },
    async refill({ knownRevision }) {
      told.push(knownRevision);
      return { outcome: 'spent', body: null, revision: ++revision };
    },
    async schedule(knownRevision) {
      told.push(knownRevision);
      return { revision: ++revision, epochs: [] };
    },
  };
  return { api, told };
}

const clock = { ms: 0 };
const elapsedMs = (): number => clock.ms;

test('N56 gateway: sends the issuer the highest revision that it has seen, also after a restart', async () => {
  const store = memoryStores().keys;
  const first = countingIssuer();
  const tracked = trackIssuer(first.api, store, elapsedMs);
  expect(await tracked.redeem(redemption())).toBe('first');
  await tracked.schedule();
  await tracked.redeem(redemption());
  expect(first.told).toEqual([0, 101, 102]);
  await tracked.remember();

  const restored = countingIssuer(50); // an older store
  const again = trackIssuer(restored.api, store, elapsedMs);
  await again.redeem(redemption());
  await again.schedule();
  expect(restored.told).toEqual([103, 103]);
  expect(await store.issuerRevision()).toBe(103);
});

test('N56 gateway: while tokens are redeemed, writes the revision once a second, and at once with the schedule', async () => {
  const writes: number[] = [];
  const store: RevisionStore = {
    issuerRevision: async () => 0,
    rememberIssuerRevision: async (revision) => void writes.push(revision),
  };
  const tracked = trackIssuer(countingIssuer().api, store, elapsedMs);
  clock.ms = 5000;
  for (let i = 0; i < 10; i++) await tracked.redeem(redemption());
  expect(writes).toEqual([101]);
  clock.ms += 1000;
  for (let i = 0; i < 10; i++) await tracked.redeem(redemption());
  expect(writes).toEqual([101, 111]);
  await tracked.schedule();
  expect(writes).toEqual([101, 111, 121]);
  await tracked.remember();
  expect(writes).toHaveLength(3);
});

test('N56 gateway: with a store that cannot be read, redeems nothing; one that cannot be written delays nothing', async () => {
  const away = () => Promise.reject(new Error('away'));
  const unread = trackIssuer(
    countingIssuer().api,
    { issuerRevision: away, rememberIssuerRevision: away },
    elapsedMs,
  );
  await expect(unread.redeem(redemption())).rejects.toThrow('away');
  const unwritten = trackIssuer(
    countingIssuer().api,
    { issuerRevision: async () => 7, rememberIssuerRevision: away },
    elapsedMs,
  );
  expect(await unwritten.redeem(redemption())).toBe('first');
});

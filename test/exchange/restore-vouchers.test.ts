import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { decodeBundle, encodeSignedBundle, rootPublicKey } from '@sotto/bundle';
import { ClientError } from '@sotto/client';
import { openFile } from '@sotto/service/sqlite/file';
import type { Bytes } from '@sotto/wire';
import { afterAll, expect, test } from 'vitest';
import { acceptShown } from '../../packages/client/src/bundle-store.ts';
import { emptyVouchers } from '../../packages/client/src/vouchers/state.ts';
import { emptyState, type WalletState } from '../../packages/client/src/wallet/state.ts';
import { seeded } from '../../packages/client/test/support/random.ts';
import type { ServiceRow } from '../../services/gateway/src/config.ts';
import { trackIssuer } from '../../services/gateway/src/issuer.ts';
import { runSchedule } from '../../services/gateway/src/keys/schedule.ts';
import type { KeyStore } from '../../services/gateway/src/ports.ts';
import { testGateway, memoryStores, ROOT_SECRET, row } from '../../services/gateway/test/support/gateway.ts';
import { ISSUER_FILE } from '../../services/issuer/src/node/ports.ts';
import { VoucherWorld } from '../../services/issuer/test/support/vouchers.ts';
import { DAY } from '../../services/issuer/test/support/world.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'sotto-restore-vouchers-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ROWS: readonly ServiceRow[] = [
  row('stickers', { type: 5 }, true),
  row('weather', { type: 5 }, true),
  {
    ...row('refill', { type: 5 }, true),
    target: { issuer: true },
    lengths: { name: 'refill', requestLength: 2048, responseLength: 2048 },
  },
];

/** One day: the gateway's operator signs the bundles that have no signature, and a client that comes every day reads the bundle. */
async function day(world: VoucherWorld, store: KeyStore, wallet: WalletState) {
  const { schedule } = trackIssuer(world.issuer, store, () => 0);
  const gateway = await testGateway({ store, rows: ROWS, schedule, now: world.clock.now });
  const lines = await runSchedule(gateway.deps.authority, gateway.now);
  const [stored] = await store.bundles(world.epoch, world.epoch);
  if (stored === undefined || stored.signature === null) throw new Error('no bundle of the day');
  const { bundle, signature } = stored;
  const rules = { pins: [rootPublicKey(ROOT_SECRET)], policy: null, agree: 1, epochSeconds: DAY };
  const signed = encodeSignedBundle({ bundle, signature });
  const accepted = acceptShown(wallet, [signed], { ...rules, now: world.clock.now });
  const keys = decodeBundle(bundle).extension?.refill?.keys ?? [];
  keep(wallet, world.epoch, keys);
  return { lines, keys, seen: accepted instanceof ClientError ? accepted.code : 'accepted' };
}

/** The client has vouchers of every epoch that a bundle has named. */
function keep({ vouchers }: WalletState, epoch: number, keys: readonly Bytes[]): void {
  const known = new Set(vouchers?.held.map((one) => one.epoch));
  for (const [i, key] of keys.entries()) {
    if (!known.has(epoch + i)) vouchers?.held.push({ epoch: epoch + i, key, token: key });
  }
}

/** The status of an issuance to a client that holds this bundle. */
async function issuance(world: VoucherWorld, keys: readonly Bytes[]): Promise<number> {
  const { body } = await world.blindVouchers({ keys });
  return (await world.postVouchers(body, `account of ${world.clock.now}`)).status;
}

// Keys are the same in each run: a request names its key by one byte, which a lost key and the one in its place share once in
// 256 times.
test.each([
  ['a backup that is five epochs old', 0, 5, false],
  ['a backup that is fourteen epochs old', 0, 14, true],
  ['an empty store in the window', 5, 0, true],
])(
  'V12 drill: after %s, clients see no equivocation, and vouchers are issued again',
  async (name, start, age, isLost) => {
    const file = path.join(folder, `${name}.sqlite`);
    const at = () => openFile(file, ISSUER_FILE);
    const store = memoryStores().keys;
    const wallet = { ...emptyState(), vouchers: emptyVouchers(7, 0) };
    const first = new VoucherWorld({
      database: at(),
      clock: { now: VoucherWorld.at(start) },
      random: seeded('lost'),
    });
    await day(first, store, wallet);
    if (age > 0) copyFileSync(file, `${file}.backup`);
    for (let left = age; left > 0; left -= 7) {
      first.clock.now += Math.min(left, 7) * DAY;
      expect((await day(first, store, wallet)).seen).toBe('accepted');
    }
    first.database.close();
    rmSync(file);
    if (age > 0) copyFileSync(`${file}.backup`, file);

    const world = new VoucherWorld({ database: at(), clock: first.clock, random: seeded('restored') });
    await world.issuer.retireAll();
    const lastShown = Math.max(...wallet.vouchers.held.map(({ epoch }) => epoch));
    const told = await day(world, store, wallet);
    expect(told.seen).toBe('accepted');
    expect(told.lines.some((line) => line.startsWith('vouchers of epochs '))).toBe(isLost);
    const restored = world.clock.now;
    const lost = isLost ? lastShown - world.epoch : 0; // epochs without vouchers
    for (const epochs of [...new Set([1, lost, lost + 1])].filter((one) => one > 0)) {
      world.clock.now = restored + epochs * DAY;
      const { seen, keys } = await day(world, store, wallet);
      expect([epochs, seen, await issuance(world, keys)]).toEqual([
        epochs,
        'accepted',
        epochs > lost ? 200 : 422,
      ]);
    }
    world.database.close();
  },
);

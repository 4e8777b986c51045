import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openFile } from '@sotto/service/sqlite/file';
import { afterAll, expect, test } from 'vitest';
import { trackIssuer } from '../../services/gateway/src/issuer.ts';
import { runSchedule } from '../../services/gateway/src/keys/schedule.ts';
import type { KeyStore } from '../../services/gateway/src/ports.ts';
import { testGateway, memoryStores, row } from '../../services/gateway/test/support/gateway.ts';
import { ISSUER_FILE } from '../../services/issuer/src/node/ports.ts';
import { base64url } from '@sotto/wire';
import { blindBatch, currentKey, random } from '../../services/issuer/test/support/wallet.ts';
import { DAY, redemption, World } from '../../services/issuer/test/support/world.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'sotto-restore-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const STORE = path.join(folder, 'issuer.sqlite');
const open = () => openFile(STORE, ISSUER_FILE);

test('N56 drill: a restored issuer refuses until it is started with RESTORED=1, and no token is spent twice', async () => {
  const gatewayStore = memoryStores().keys;
  const first = new World({ database: open() });
  const gateway = trackIssuer(first.issuer, gatewayStore, () => 0);
  await gateway.schedule();
  const tokens = await first.draw(30);
  copyFileSync(STORE, `${STORE}.backup`);
  for (const token of tokens) expect(await gateway.redeem(redemption(token))).toBe('first');
  await gateway.remember();
  first.database.close();

  // Restored without RESTORED=1, and the gateway was started again too.
  copyFileSync(`${STORE}.backup`, STORE);
  const restored = new World({ database: open(), clock: first.clock });
  const again = trackIssuer(restored.issuer, gatewayStore, () => 0);
  for (const token of tokens) expect(await again.redeem(redemption(token))).toBe('unavailable');
  await expect(again.schedule()).rejects.toThrow(/^STORE: is older than the gateway remembers/);
  await expect(restored.draw(5, { account: 'bob' })).rejects.toThrow(/./); // no directory, and no issuance
  expect(await restored.issuer.check()).toEqual([expect.stringContaining('RESTORED=1')]);
  restored.database.close();

  // RESTORED=1: every key that may have signed is retired, and the gateway accepts the store again.
  const recovered = new World({ database: open(), clock: first.clock });
  await recovered.issuer.retireAll();
  const trusted = trackIssuer(recovered.issuer, gatewayStore, () => 0);
  for (const token of tokens) expect(await trusted.redeem(redemption(token))).toBe('invalid');
  expect((await trusted.schedule()).epochs.length).toBeGreaterThan(0);
  recovered.clock.now += DAY;
  const [token] = await recovered.draw(30);
  expect(await trusted.redeem(redemption(token))).toBe('first');
  recovered.database.close();
});

test('N56 drill: an empty store in place of a lost one is refused in the same way, and serves the next epoch after RESTORED=1', async () => {
  const gatewayStore = memoryStores().keys;
  const lost = new World();
  const gateway = trackIssuer(lost.issuer, gatewayStore, () => 0);
  await gateway.schedule();
  const tokens = await lost.draw(5);
  await gateway.redeem(redemption(tokens[0]));
  await gateway.remember();

  const empty = new World({ clock: lost.clock });
  const again = trackIssuer(empty.issuer, gatewayStore, () => 0);
  await expect(again.schedule()).rejects.toThrow(/^STORE: /);
  await empty.issuer.retireAll();
  await again.schedule();
  expect(await again.redeem(redemption(tokens[1]))).toBe('invalid');
  empty.clock.now += DAY;
  const [token] = await empty.draw(5);
  expect(await again.redeem(redemption(token))).toBe('first');
});

/** A gateway over its store, in the issuer's epoch. Its operator signs every bundle that waits for it. */
async function gatewayOf(world: World, store: KeyStore) {
  const { schedule } = trackIssuer(world.issuer, store, () => 0);
  const rows = [row('stickers', { type: 5 }, true)];
  return testGateway({ store, rows, schedule, now: world.clock.now });
}

/** The status of an issuance by a client that holds this gateway's bundle. */
async function statusByBundle(world: World, gateway: Awaited<ReturnType<typeof gatewayOf>>): Promise<number> {
  const { directory } = await gateway.bundle();
  const { contentType, request } = await blindBatch(currentKey(directory, 'stickers', 5, world.clock.now), 5);
  return (await world.post(contentType, request, `day ${world.clock.now}`)).status;
}

test('N52 drill: after the issuer lost its wrapping key, its keys ahead are made anew, the bundles signed again, and the next epoch issues', async () => {
  const gatewayStore = memoryStores().keys;
  const before = new World();
  await gatewayOf(before, gatewayStore);
  const lost = new World({
    database: before.database,
    clock: before.clock,
    vars: { KEY_WRAPPING_KEY: base64url(random(32)) },
  });
  await lost.issuer.replaceUnreadable();
  await gatewayOf(lost, gatewayStore); // its operator signs what was withdrawn
  for (let day = 1; day <= 9; day++) {
    lost.clock.now += DAY;
    expect([day, await statusByBundle(lost, await gatewayOf(lost, gatewayStore))]).toEqual([day, 200]);
  }
});

test('N51 drill: a backup two epochs old, or an empty store, restored with RESTORED=1, issues again from the next epoch on', async () => {
  for (const loss of ['old backup', 'empty store']) {
    const path0 = path.join(folder, `${loss}.sqlite`);
    const at = () => openFile(path0, ISSUER_FILE);
    const gatewayStore = memoryStores().keys;
    const first = new World({ database: at() });
    await gatewayOf(first, gatewayStore);
    if (loss === 'old backup') copyFileSync(path0, `${path0}.backup`);
    for (let day = 0; day < 2; day++) {
      first.clock.now += DAY;
      expect(await statusByBundle(first, await gatewayOf(first, gatewayStore))).toBe(200);
    }
    first.database.close();
    rmSync(path0);
    if (loss === 'old backup') copyFileSync(`${path0}.backup`, path0);

    // The drill: start once with RESTORED=1, read what the gateway reports, sign again.
    const world = new World({ database: at(), clock: first.clock });
    await world.issuer.retireAll();
    const gateway = await testGateway({
      store: gatewayStore,
      rows: [row('stickers', { type: 5 }, true)],
      schedule: trackIssuer(world.issuer, gatewayStore, () => 0).schedule,
      now: world.clock.now,
    });
    expect(await runSchedule(gateway.deps.authority, gateway.now)).toEqual([
      expect.stringContaining('No tokens are issued in its epoch'),
    ]);
    expect(await statusByBundle(world, gateway)).toBe(503); // with the next epoch in Retry-After, not 422
    for (let day = 1; day <= 9; day++) {
      world.clock.now += DAY;
      expect([loss, day, await statusByBundle(world, await gatewayOf(world, gatewayStore))]).toEqual([
        loss,
        day,
        200,
      ]);
    }
    world.database.close();
  }
});

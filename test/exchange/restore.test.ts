import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openFile } from '@sotto/service/sqlite/file';
import { afterAll, expect, test } from 'vitest';
import { trackIssuer } from '../../services/gateway/src/issuer.ts';
import { memoryStores } from '../../services/gateway/test/support/house.ts';
import { ISSUER_FILE } from '../../services/issuer/src/node/ports.ts';
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

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { migratePostgres } from '@sotto/service/postgres';
import { openFile } from '@sotto/service/sqlite/file';
import { afterAll, expect, test } from 'vitest';
import { freshSchema, open } from '../../../../test/support/postgres-tests.ts';
import { GATEWAY_FILE, sqliteStores } from '../../src/node/stores.ts';
import { MIGRATIONS } from '../../src/postgres/migrations.ts';
import { moveGateway } from '../../src/postgres/move.ts';
import { postgresStores } from '../../src/postgres/stores.ts';
import { random } from '../support/gateway.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'sotto-move-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const noSleep = async (): Promise<void> => {};

test('move from SQLite: keys, bundles, envelopes, the issuer’s revision, what was destroyed, counts and acts are as before', async () => {
  const place = path.join(folder, 'gateway.sqlite');
  const file = openFile(place, GATEWAY_FILE);
  const before = sqliteStores(file, noSleep, 1000);
  const keys = [0x20, 0x647a].map((kemId, keyId) => ({
    kemId,
    keyId,
    publicKey: random(32),
    wrapped: random(60),
  }));
  await before.keys.add([3, 4, 5].map((epochIndex) => ({ epochIndex, tagKey: random(60), keys })));
  await before.keys.offer([4, 5].map((epochIndex) => ({ epochIndex, bundle: random(500) })));
  const [first] = await before.keys.bundles(4, 4);
  const signed = { signature: random(64), signature1: random(64), proof: 'c2sp.org/tlog-proof@v1\n' };
  await before.keys.sign({ epochIndex: 4, bundle: first?.bundle ?? random(1), ...signed });
  await before.keys.destroy(4);
  await before.keys.rememberIssuerRevision(77);
  const [seen, expired] = [random(32), random(32)];
  expect(await before.replays.admit(seen, 2000, 1000)).toBe('first');
  expect(await before.replays.admit(expired, 1100, 1000)).toBe('first');
  await before.purge(1200);
  await before.counters.add({ 'answered ok': 50 });
  const act = { role: 'keys', token: '0a0b0c0d', action: 'POST /operator/bundles' } as const;
  for (const at of [1, 2, 3]) await before.log.record({ ...act, at });
  const all = async ({ keys: store, counters, log }: typeof before) => [
    await store.epochs(0, 100),
    await store.bundles(0, 100),
    await store.issuerRevision(),
    await counters.totals(),
    await log.list(),
  ];
  const expected = await all(before);

  const store = open(await freshSchema());
  await migratePostgres(store, MIGRATIONS);
  expect(await moveGateway(place, store)).toEqual({ keys: 4, bundles: 2, envelopes: 1 });
  file.close();
  const after = postgresStores(store, noSleep, 1000);
  expect(await all(after)).toEqual(expected);
  expect(await after.replays.admit(seen, 2000, 1000)).toBe('replayed');
  expect(await after.replays.admit(expired, 1100, 1000)).toBe('expired');
  expect(await after.replays.admit(random(32), 2000, 1000)).toBe('first');
  await after.keys.add([{ epochIndex: 3, tagKey: random(60), keys }]);
  expect((await after.keys.epochs(0, 3)).length).toBe(0); // destroyed epochs stay away
  await after.log.record({ ...act, at: 4 });
  expect((await after.log.list()).map(({ at }) => at)).toEqual([4, 3, 2, 1]);
  expect(() => openFile(place, GATEWAY_FILE)).toThrow('STORE: was moved to PostgreSQL');
  await expect(moveGateway(place, store)).rejects.toThrow('MOVE_FROM: must not be set any more');
});

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openFile } from '@sotto/service/sqlite/file';
import { epochIndexAt, hex } from '@sotto/wire';
import { afterAll, expect, test } from 'vitest';
import { GATEWAY_FILE, sqliteStores } from '../src/node/stores.ts';
import { DAY, testGateway, NOW } from './support/gateway.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'sotto-first-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('first release: its store opens with the same keys, bundles and envelopes', async () => {
  const dump = readFileSync(path.join(import.meta.dirname, 'fixtures/first-release.sql'), 'utf8');
  const at = path.join(folder, 'kept.sqlite');
  const client = new DatabaseSync(at);
  client.exec(dump);
  client.close();
  const file = openFile(at, GATEWAY_FILE);
  const { keys, replays } = sqliteStores(file, async () => {}, 1000);
  const today = epochIndexAt(NOW, DAY);
  const before = await keys.epochs(today, today + 1);
  expect(before.map(({ epochIndex, keys: pairs }) => [epochIndex, pairs.length])).toEqual([
    [today, 2],
    [today + 1, 2],
  ]);
  const h = await testGateway({ store: keys, replays });
  expect(`-- key configurations: ${hex((await h.bundle()).keyConfigs)}`).toBe(dump.split('\n')[1]);
  expect(await keys.epochs(today, today + 1)).toEqual(before);
  expect((await keys.bundles(today, today)).map(({ signature }) => signature?.length)).toEqual([64]);
  expect((await h.search()).inner.status).toBe(200);
  const envelope = new Uint8Array(32).fill(7);
  expect(await replays.admit(envelope, 2_000_000_000, 1_900_000_000)).toBe('replayed');
  file.close();
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openFile } from '@sotto/service/sqlite/file';
import { afterAll, expect, test } from 'vitest';
import { sqliteStores, WITNESS_FILE } from '../src/node/stores.ts';
import { memoryStore } from './support/memory-store.ts';
import { witnessStoreContract } from './support/store-contract.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'sotto-witness-store-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

witnessStoreContract('SQLite in memory', memoryStore);

test('two processes on one file: one of two checkpoints after one size is accepted', async () => {
  const file = path.join(folder, 'witness.sqlite');
  const stores = [openFile(file, WITNESS_FILE), openFile(file, WITNESS_FILE)].map(
    (database) => sqliteStores(database, sleep).store,
  );
  const accepted = await Promise.all(
    stores.map((store, i) =>
      store.accept('log.example', 0, { size: 3, root: new Uint8Array(32).fill(i), note: `${i}` }),
    ),
  );
  expect(accepted.filter(Boolean)).toHaveLength(1);
  const heads = await Promise.all(stores.map((store) => store.accepted('log.example')));
  expect(heads[0]).toEqual(heads[1]);
});

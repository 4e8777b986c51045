import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openFile } from '@sotto/service/sqlite/file';
import { fromHex, hex, type Bytes } from '@sotto/wire';
import { afterAll, expect, test } from 'vitest';
import { ISSUER_FILE } from '../src/node/ports.ts';
import { World } from './support/world.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'sotto-first-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const DUMP = readFileSync(path.join(import.meta.dirname, 'fixtures/first-release.sql'), 'utf8');
const noted = (name: string): Bytes =>
  fromHex(new RegExp(`^-- ${name}: ([0-9a-f]+)$`, 'm').exec(DUMP)?.[1] ?? '');

function firstReleaseFile(name: string): string {
  const at = path.join(folder, name);
  const client = new DatabaseSync(at);
  client.exec(DUMP);
  client.close();
  return at;
}

test('first release: its store opens with the same keys, directory, spent tokens and quotas', async () => {
  const at = firstReleaseFile('kept.sqlite');
  for (let start = 0; start < 2; start++) {
    const world = new World({ database: openFile(at, ISSUER_FILE) });
    expect(hex(await world.directory())).toBe(hex(noted('directory')));
    expect(await world.redeem(noted('spent token'))).toBe('spent');
    expect(await world.redeem(noted('unspent token'))).toBe(start === 0 ? 'first' : 'spent');
    expect(world.used()).toBe(5);
    world.database.close();
  }
});

test('first release: its store without the primary key of the ledger is refused (N65)', () => {
  const at = firstReleaseFile('no-key.sqlite');
  const client = new DatabaseSync(at);
  client.exec(`ALTER TABLE spent_tokens RENAME TO old;
    CREATE TABLE spent_tokens (ledger INTEGER NOT NULL, id BLOB NOT NULL, tag BLOB NOT NULL, envelope_1 BLOB NOT NULL,
      envelope_2 BLOB, envelope_3 BLOB) STRICT;
    INSERT INTO spent_tokens SELECT * FROM old; DROP TABLE old`);
  client.close();
  expect(() => openFile(at, ISSUER_FILE)).toThrow(/^STORE: has another schema \(table spent_tokens\)/);
});

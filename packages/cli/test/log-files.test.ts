import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { utf8 } from '@sotto/wire';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { failingDisk } from '../../../test/support/failing-disk.ts';
import { filesIn } from '../src/log/files.ts';
import { run } from '../src/run.ts';
import { TestIo } from './support/io.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'sotto-files-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const OPERATIONS = ['write', 'sync'] as const;

test.each(OPERATIONS)(
  'files of a log: when the %s fails, the old file is whole and no draft is left',
  async (operation) => {
    const files = filesIn(folder);
    await files.write('tile/0', utf8('the old tile'));
    await failingDisk(operation);
    await expect(files.write('tile/0', utf8('the new tile'))).rejects.toThrow(
      `The log in ${folder} cannot be read or written (ENOSPC). Check the folder and its disk.`,
    );
    await expect(files.write('tile/1', utf8('another tile'))).rejects.toThrow('(ENOSPC)');
    expect(readFileSync(path.join(folder, 'tile/0'), 'utf8')).toBe('the old tile');
    expect(readdirSync(path.join(folder, 'tile'))).toEqual(['0']);
  },
);

test('files of a log: when the rename fails, no draft is left', async () => {
  mkdirSync(path.join(folder, 'checkpoint'));
  writeFileSync(path.join(folder, 'checkpoint/inside'), 'a file in the way');
  await expect(filesIn(folder).write('checkpoint', utf8('new'))).rejects.toThrow(/cannot be read or written/);
  expect(readdirSync(folder)).toEqual(['checkpoint']);
  expect(readdirSync(path.join(folder, 'checkpoint'))).toEqual(['inside']);
});

test.each(OPERATIONS)(
  'sotto config set: when the %s fails, the stored settings are whole',
  async (operation) => {
    const io = new TestIo(folder);
    const set = (relay: string) => run(['config', 'set', '--config', 'here', '--relay', relay], io);
    expect(await set('https://one.example')).toBe(0);
    const file = path.join(folder, 'here/client.json');
    const before = readFileSync(file, 'utf8');
    await failingDisk(operation);
    expect(await set('https://two.example')).not.toBe(0);
    expect(io.errors.join('\n')).toContain(`cannot write ${file} (ENOSPC)`);
    expect(readFileSync(file, 'utf8')).toBe(before);
    expect(readdirSync(path.dirname(file))).toEqual(['client.json']);
  },
);

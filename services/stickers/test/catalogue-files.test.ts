import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { utf8 } from '@sotto/wire';
import { afterAll, expect, test } from 'vitest';
import { writeWhole } from '../catalogue/files.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'sotto-catalogue-files-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('a catalogue whose writing fails leaves the old folder whole and no draft', () => {
  const out = path.join(folder, 'built');
  writeWhole(out, new Map([['stickers.bin', utf8('old')]]));
  const before = readdirSync(out);
  const conflicting = new Map([
    ['stickers.bin', utf8('new')],
    ['stickers.bin/first', utf8('a file below a file')],
  ]);
  expect(() => writeWhole(out, conflicting)).toThrow(/EEXIST|ENOTDIR/);
  expect(readdirSync(folder)).toEqual(['built']);
  expect(readdirSync(out)).toEqual(before);
  expect(readFileSync(path.join(out, 'stickers.bin'), 'utf8')).toBe('old');
  writeWhole(out, new Map([['stickers.bin', utf8('new')]]));
  expect(readFileSync(path.join(out, 'stickers.bin'), 'utf8')).toBe('new');
  expect(readdirSync(folder)).toEqual(['built']);
});

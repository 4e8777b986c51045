import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { foreignToRelease } from '../services/local/src/release/foreign.ts';
import { foreignToCatalogue } from '../services/stickers/catalogue/foreign.ts';

const RELEASE_SCRIPT = path.resolve(import.meta.dirname, '../services/local/src/release/release.ts');
const CATALOGUE_SCRIPT = path.resolve(import.meta.dirname, '../services/stickers/catalogue/build.ts');

const base = mkdtempSync(path.join(tmpdir(), 'sotto-replaced-'));
afterAll(() => rmSync(base, { recursive: true }));

function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(path.join(base, 'folder-'));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), text);
  }
  return folder;
}

const run = (script: string, words: readonly string[], cwd = base) =>
  spawnSync(process.execPath, [script, ...words], { cwd, encoding: 'utf8' });

const SUM = 'a'.repeat(64);
const RELEASE = {
  SHA256SUMS: `${SUM}  relay.mjs\n${SUM}  npm/sotto-wire.tgz\n`,
  'relay.mjs': '',
  'npm/sotto-wire.tgz': '',
};
const CATALOGUE = {
  'manifest.json': '{"files": {"index/en.bin": {}}}',
  'index/en.bin': '',
  '.assetsignore': '',
};

test.each([
  ['a file of a person', { 'letter.txt': '' }, 'letter.txt', 'letter.txt'],
  ['a folder of a person', { 'letters/one.txt': '' }, 'letters', 'letters'],
  ['a page', { 'manifest.json': '{"name": "page"}', 'app.js': '' }, 'app.js', 'app.js'],
  ['a manifest that is null', { 'manifest.json': 'null', 'app.js': '' }, 'app.js', 'app.js'],
  ['a manifest that is no JSON', { 'manifest.json': 'mine', 'app.js': '' }, 'app.js', 'app.js'],
  ['a folder called manifest.json', { 'manifest.json/a': '', b: '' }, 'b', 'b'],
  ['other downloads', { SHA256SUMS: `${SUM}  a.iso\n`, 'a.iso': '', b: '' }, 'SHA256SUMS', 'b'],
  ['a release, and a store beside it', { ...RELEASE, 'z.sqlite': '' }, 'SHA256SUMS', 'z.sqlite'],
  ['a catalogue, and packs beside it', { ...CATALOGUE, 'packs/a.svg': '' }, 'packs', '.assetsignore'],
  ['a release', RELEASE, 'SHA256SUMS', null],
  ['a catalogue', CATALOGUE, null, '.assetsignore'],
  ['nothing', {}, null, null],
])('a folder with %s', (_, files, toCatalogue, toRelease) => {
  const folder = folderWith(files);
  expect([foreignToCatalogue(folder), foreignToRelease(folder)]).toEqual([toCatalogue, toRelease]);
});

test('a folder that does not exist yet, and a path that is a file', () => {
  const file = path.join(folderWith({ letter: '' }), 'letter');
  expect([foreignToCatalogue(file), foreignToRelease(file)]).toEqual(['letter', 'letter']);
  const missing = path.join(base, 'missing');
  expect([foreignToCatalogue(missing), foreignToRelease(missing)]).toEqual([null, null]);
});

test('npm run release and npm run catalogue leave a folder of a person as it is', () => {
  const folder = folderWith({ letter: '' });
  const refused = 'Name a new or an empty folder\n';
  const release = run(RELEASE_SCRIPT, [folder]);
  expect([release.status, release.stderr]).toEqual([
    2,
    `release: ${folder}: letter is no part of a release. ${refused}`,
  ]);
  const catalogue = run(CATALOGUE_SCRIPT, ['--out', folder]);
  expect([catalogue.status, catalogue.stderr]).toEqual([
    1,
    `catalogue: ${folder}: letter is no part of a catalogue. ${refused}`,
  ]);
  expect(readdirSync(folder)).toEqual(['letter']);
});

test.each([[['--nope']], [['']]])('npm run release with %j is wrong usage, and makes no folder', (words) => {
  const cwd = folderWith({});
  const { status, stderr } = run(RELEASE_SCRIPT, words, cwd);
  expect([status, stderr]).toEqual([2, expect.stringMatching(/^Usage: npm run release/)]);
  expect(readdirSync(cwd)).toEqual([]);
});

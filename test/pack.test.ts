import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  apiReports,
  gzippedSizes,
  COMMAND,
  importsOf,
  integrityOf,
  LIBRARIES,
  pack,
  packageOf,
  SINGLE_FILE,
  sourceManifest,
  storedReport,
  VERSION,
  type PackedPackage,
} from '@sotto/release';
import { installOffline } from './packaging/support/project.ts';
import { blocksOf } from './support/documents.ts';

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly private?: boolean;
  readonly engines: { readonly node: string };
  readonly exports?: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly bin?: Readonly<Record<string, string>>;
  readonly sideEffects?: boolean | readonly string[];
  readonly dependencies: Readonly<Record<string, string>>;
}

const NAMES = [...LIBRARIES, COMMAND].map((one) => sourceManifest(one).name);
const folder = mkdtempSync(path.join(tmpdir(), 'sotto-pack-'));
const project = path.join(folder, 'project');
let packages: ReadonlyMap<string, PackedPackage> = new Map();

const packed = (name: string): PackedPackage => packages.get(name)!;
const installed = (name: string, file: string): string =>
  path.join(project, 'node_modules', name, ...file.split('/'));
const read = (name: string, file: string): string => readFileSync(installed(name, file), 'utf8');
const manifestOf = (name: string): Manifest => JSON.parse(read(name, 'package.json')) as Manifest;

beforeAll(async () => {
  const all = await pack(path.join(folder, 'npm'));
  packages = new Map(all.map((one) => [one.name, one]));
  installOffline(project, all);
}, 180_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('pack: makes a tarball of each of the eleven packages', () => {
  expect([...packages.keys()].toSorted()).toEqual(
    [
      'bhttp',
      'bundle',
      'cli',
      'client',
      'ohttp',
      'picker',
      'privacypass',
      'sticker-search',
      'tlog',
      'voprf',
      'wire',
    ].map((name) => `@sotto/${name}`),
  );
});

describe.each(NAMES)('%s', (name) => {
  test('file list: built modules, declarations, manifest, README and licence, and nothing else', () => {
    const { files } = packed(name);
    const others = files.filter((file) => !/^dist\/[\w./-]+\.(js|d\.ts)$/.test(file));
    const expected = ['LICENSE', 'README.md', 'package.json'];
    if (name === '@sotto/picker') expected.push('dist/integrity.json');
    expect(others.toSorted()).toEqual(expected.toSorted());
    expect(files.filter((file) => /(^|\/)(test|scripts|page|node_modules)\/|\.test\./.test(file))).toEqual(
      [],
    );
    expect(files.length).toBeGreaterThan(3);
  });

  test('manifest: public, with the one version, licence, floor of Node, and exact dependencies', () => {
    const manifest = manifestOf(name);
    expect(manifest).toMatchObject({ version: VERSION, license: 'MIT', engines: { node: '>=20.19' } });
    expect(manifest).not.toHaveProperty('private');
    expect(manifest).not.toHaveProperty('devDependencies');
    expect(manifest).not.toHaveProperty('scripts');
    const ranges = Object.entries(manifest.dependencies);
    const siblings = ranges.filter(([one]) => one.startsWith('@sotto/'));
    const others = ranges.filter(([one]) => !one.startsWith('@sotto/'));
    expect(siblings.filter(([one, range]) => !packages.has(one) || range !== VERSION)).toEqual([]);
    expect(others.filter(([, range]) => !/^\d+\.\d+\.\d+$/.test(range))).toEqual([]);
  });

  test('manifest: every file that it names is packed, and no entry of the sources is left', () => {
    const { exports = {}, bin = {}, sideEffects } = manifestOf(name);
    const targets = Object.values(exports).flatMap((one) =>
      typeof one === 'string' ? [one] : Object.values(one),
    );
    const named = [...targets, ...Object.values(bin), ...(Array.isArray(sideEffects) ? sideEffects : [])];
    expect(named.length).toBeGreaterThan(0);
    const files = new Set(packed(name).files);
    expect(named.map((file) => file.replace('./', '')).filter((file) => !files.has(file))).toEqual([]);
  });

  test('modules: import only declared packages, their exported entries, and Node', () => {
    const { dependencies } = manifestOf(name);
    const faults = packed(name)
      .files.filter((file) => file.endsWith('.js'))
      .flatMap((file) => importsOf(file, read(name, file)).map((target) => ({ file, target })))
      .filter(({ target }) => !/^(\.|node:|@hpke\/)/.test(target)) // @hpke: optional peers
      .filter(({ target }) => dependencies[packageOf(target)] === undefined || !isExported(target))
      .map(({ file, target }) => `${file}: ${target}`);
    expect(faults).toEqual([]);
  });
});

/** Whether a sibling exports the entry. Other packages resolve when the smoke test imports them. */
function isExported(target: string): boolean {
  const name = packageOf(target);
  if (!packages.has(name)) return true;
  return Object.hasOwn(manifestOf(name).exports ?? {}, target.replace(name, '.'));
}

test('manifests in the repository: have the one version, and cannot be published by mistake', () => {
  for (const one of [...LIBRARIES, COMMAND]) {
    expect(sourceManifest(one)).toMatchObject({ version: VERSION, private: true });
  }
});

test('sizes: client, picker, and both in one file are within their limits', async () => {
  const sizes = await gzippedSizes();
  expect(sizes).toHaveLength(3);
  expect(sizes.filter(({ size, limit }) => size < 10_000 || size > limit)).toEqual([]);
});

test('single file: its integrity stands in a file and in the README', () => {
  const bytes = readFileSync(installed('@sotto/picker', `dist/${SINGLE_FILE}`));
  const integrity = integrityOf(bytes);
  expect(JSON.parse(read('@sotto/picker', 'dist/integrity.json'))).toEqual({ [SINGLE_FILE]: integrity });
  expect(read('@sotto/picker', 'README.md')).toContain(`integrity="${integrity}"`);
});

describe('API reports', () => {
  test.each(LIBRARIES)('packages/$folder/api.md: is what `npm run api` writes', ({ folder: home }) => {
    const report = apiReports([...packages.values()]).find(({ file }) => file === `packages/${home}/api.md`);
    expect(report?.text).toBe(storedReport(report!));
  });

  test('api.md: has exports, what they refer to, re-exports and augmentations, and no comment', () => {
    const texts = new Map(apiReports([...packages.values()]).map(({ file, text }) => [file, text]));
    const client = texts.get('packages/client/api.md') ?? '';
    expect(client).toContain('export class ClientError ');
    expect(client).toContain("export { Sticker } from '@sotto/sticker-search/types';");
    expect(client).toContain("export { createClient } from '@sotto/client';");
    expect(texts.get('packages/picker/api.md')).toContain("declare module 'react' {");
    expect(texts.get('packages/ohttp/api.md')).toContain('Not exported, but part of these');
    expect([...texts.values()].filter((text) => /\/\*\*|^\s*\/\//m.test(text))).toEqual([]);
  });
});

test('smoke: every entry loads in Node, and the examples of the protocol packages print what they say', () => {
  const protocols = ['wire', 'bhttp', 'ohttp', 'voprf', 'privacypass', 'bundle', 'tlog', 'sticker-search'];
  const examples = protocols.flatMap((name) =>
    blocksOf(`packages/${name}/README.md`).filter(({ language }) => language === 'ts'),
  );
  expect(examples).toHaveLength(protocols.length);
  const entries = NAMES.flatMap((name) =>
    Object.keys(manifestOf(name).exports ?? {})
      .filter((entry) => !entry.endsWith('.json') && entry !== './hpke-core')
      .map((entry) => entry.replace('.', name)),
  );
  for (const [i, { text }] of examples.entries()) writeFileSync(path.join(project, `example-${i}.mjs`), text);
  const lines = [
    ...entries.map((entry) => `await import('${entry}');`),
    ...examples.map((_, i) => `await import('./example-${i}.mjs');`),
  ];
  writeFileSync(path.join(project, 'smoke.mjs'), lines.join('\n'));
  const output = execFileSync(process.execPath, ['smoke.mjs'], { cwd: project, encoding: 'utf8' });
  const promised = examples.flatMap(({ text }) =>
    Array.from(text.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm), ([, line = '']) => line),
  );
  expect(promised.length).toBeGreaterThan(protocols.length);
  expect(output.trimEnd().split('\n')).toEqual(promised);
});

test('smoke: the command runs from its package', () => {
  const sotto = installed('@sotto/cli', 'dist/sotto.js');
  const run = (...args: string[]): string => execFileSync(sotto, args, { cwd: project, encoding: 'utf8' });
  expect(run('--version')).toBe(`${VERSION}\n`);
  expect(run('root', 'new', '--help')).toContain('sotto root new');
});

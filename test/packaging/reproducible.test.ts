import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROOT } from '@sotto/release';

/** On the file system of the repository, so that the dependencies can be linked. */
const folder = path.join(ROOT, '.sotto/reproducible');
const copy = path.join(folder, 'a-longer-path/to/the-sources');
const SOURCES = ['package.json', 'package-lock.json', 'tsconfig.json', 'wrangler.toml', 'LICENSE'];

beforeAll(() => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(copy, { recursive: true });
  for (const file of [...SOURCES, 'packages', 'services']) {
    cpSync(path.join(ROOT, file), path.join(copy, file), {
      recursive: true,
      filter: (one) => !/\/(node_modules|dist|test)$/.test(one),
    });
  }
  execFileSync('cp', ['-al', path.join(ROOT, 'node_modules'), copy]);
}, 600_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }), 600_000);

/** Builds a release and returns the digest of each of its files. */
function digestsOf(root: string, out: string): Map<string, string> {
  const script = path.join(root, 'services/local/src/release/release.ts');
  execFileSync(process.execPath, [script, path.join(folder, out)], { cwd: root, stdio: 'pipe' });
  const sums = readFileSync(path.join(folder, out, 'SHA256SUMS'), 'utf8')
    .trimEnd()
    .split('\n');
  return new Map(sums.map((line) => line.split('  ').toReversed() as [string, string]));
}

describe('release', () => {
  test('tarballs, services, Workers and list of components have the same bytes from two folders', () => {
    const here = digestsOf(ROOT, 'here');
    const there = digestsOf(copy, 'there');
    expect([...here].filter(([file, digest]) => there.get(file) !== digest)).toEqual([]);
    expect(there.size).toBe(here.size);
    for (const file of [
      'relay.mjs',
      'workers/issuer/index.js',
      'npm/sotto-picker-0.1.0.tgz',
      'components.cdx.json',
    ]) {
      expect([...here.keys()]).toContain(file);
    }
  });
});

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { ROOT } from '@sotto/release';

const copy = mkdtempSync(path.join(tmpdir(), 'sotto-another-folder-'));
const digest = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');

beforeAll(() => {
  for (const file of ['package.json', 'tsconfig.json', 'LICENSE', 'packages']) {
    cpSync(path.join(ROOT, file), path.join(copy, file), {
      recursive: true,
      filter: (one) => !/\/(node_modules|dist|test)$/.test(one),
    });
  }
  linkModules();
  execFileSync(process.execPath, ['packages/release/src/main.ts'], { cwd: copy });
}, 120_000);
afterAll(() => rmSync(copy, { recursive: true, force: true }));

/** The copy uses the repository's dependencies, and its own packages. */
function linkModules(): void {
  const modules = path.join(copy, 'node_modules');
  mkdirSync(path.join(modules, '@sotto'), { recursive: true });
  for (const name of readdirSync(path.join(ROOT, 'node_modules'))) {
    if (name !== '@sotto') symlinkSync(path.join(ROOT, 'node_modules', name), path.join(modules, name));
  }
  for (const name of readdirSync(path.join(copy, 'packages'))) {
    symlinkSync(path.join(copy, 'packages', name), path.join(modules, '@sotto', name));
  }
}

test.each(inject('tarballs'))(
  '$name: has the same bytes when it is packed in another folder',
  ({ tarball }) => {
    expect(digest(path.join(copy, 'dist/npm', path.basename(tarball)))).toBe(digest(tarball));
  },
);

import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const HOME = path.resolve(import.meta.dirname, '..');
const PACKAGES = path.resolve(HOME, '..');
let folder = '';

/** A checkout in which nothing is built yet. */
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sotto-bin-'));
  await mkdir(path.join(folder, 'packages/cli'), { recursive: true });
  await symlink(path.resolve(PACKAGES, '../node_modules'), path.join(folder, 'node_modules'));
  await cp(path.join(HOME, 'bin'), path.join(folder, 'packages/cli/bin'), { recursive: true });
  await writeFile(path.join(folder, 'packages/cli/package.json'), '{"type":"module"}');
  await symlink(path.join(HOME, 'src'), path.join(folder, 'packages/cli/src'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const built = (): string => path.join(folder, 'packages/cli/dist/sotto.js');

function sotto(...argv: string[]): Promise<{ status: number; out: string; err: string }> {
  const script = path.join(folder, 'packages/cli/bin/sotto.js');
  const env = { ...process.env, PORT: '1' };
  return new Promise((resolve) => {
    execFile(process.execPath, [script, ...argv], { env }, (error, out, err) =>
      resolve({ status: error === null ? 0 : Number(error.code), out, err }),
    );
  });
}

describe('bin/sotto.js', () => {
  test('builds itself on first use, also when three start at once', async () => {
    const runs = await Promise.all([1, 2, 3].map(() => sotto('--help')));
    for (const { status, out, err } of runs) {
      expect([status, err]).toEqual([0, '']);
      expect(out).toContain('Usage: sotto COMMAND');
    }
    expect(await readdir(path.dirname(built()))).toEqual(['sotto.js']);
  });

  test('builds again only when a source is newer', async () => {
    await sotto('--help');
    const { mtimeMs } = await stat(built());
    await sotto('--help');
    expect((await stat(built())).mtimeMs).toBe(mtimeMs);
    await utimes(built(), 1, 1);
    await sotto('--help');
    expect((await stat(built())).mtimeMs).toBeGreaterThan(1_000_000);
  });

  test('passes on the exit status and writes only output to standard output', async () => {
    expect(await sotto('frobnicate')).toMatchObject({ status: 2, out: '' });
    const { status, out, err } = await sotto('search', 'cat', '--json');
    expect([status, out]).toEqual([3, '']);
    expect(err).toMatch(/^\{"error":.*There is no local suite at .*\}\n$/);
  });

  test('sources that do not build: one line, status 1', async () => {
    const source = path.join(folder, 'packages/cli/src');
    await rm(source);
    await mkdir(source);
    await writeFile(path.join(source, 'main.ts'), 'this is no program');
    const { status, out, err } = await sotto('--help');
    expect([status, out]).toEqual([1, '']);
    expect(err).toMatch(/^sotto: cannot be built: [^\n]+\n$/);
    expect(await readdir(path.dirname(built()))).toEqual(['sotto.js']);
  });
});

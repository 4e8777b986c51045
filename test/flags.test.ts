import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { expect, test } from 'vitest';

const SCALE = path.join(import.meta.dirname, 'bench/scale.ts');
const run = (...words: string[]) => spawnSync(process.execPath, [SCALE, ...words], { encoding: 'utf8' });

test('a flag that a script has not is 2, without a stack', () => {
  const { status, stdout, stderr } = run('--nope');
  expect([status, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(/^Unknown option '--nope'[^\n]*\n\nUsage: npm run scale/);
  expect(stderr).not.toMatch(/^\s+at /m);
});

test('--help is printed, and is 0', () => {
  const { status, stdout } = run('--help');
  expect([status, stdout]).toEqual([0, expect.stringMatching(/^Usage: npm run scale/)]);
});

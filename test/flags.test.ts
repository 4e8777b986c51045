import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { expect, test } from 'vitest';

const runFile = (file: string, ...words: string[]) =>
  spawnSync(process.execPath, [path.join(import.meta.dirname, file), ...words], { encoding: 'utf8' });
const run = (...words: string[]) => runFile('bench/scale.ts', ...words);

test('an unknown flag exits with 2, without a stack', () => {
  const { status, stdout, stderr } = run('--nope');
  expect([status, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(/^Unknown option '--nope'[^\n]*\n\nUsage: npm run scale/);
  expect(stderr).not.toMatch(/^\s+at /m);
});

test('--help prints the usage and exits with 0', () => {
  const { status, stdout } = run('--help');
  expect([status, stdout]).toEqual([0, expect.stringMatching(/^Usage: npm run scale/)]);
});

test.each([
  ['soak/soak.ts', '--histories'],
  ['leaks/leaks.ts', '--most'],
])(
  '%s: %s without a number exits with 2, instead of passing without a run',
  (file, flag) => {
    const { status, stdout, stderr } = runFile(file, flag, 'many');
    expect([status, stdout, stderr]).toEqual([2, '', `${flag} takes a number above zero\n`]);
  },
  60_000,
);

import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { expect, test } from 'vitest';

const runFile = (file: string, ...words: string[]) =>
  spawnSync(process.execPath, [path.join(import.meta.dirname, file), ...words], { encoding: 'utf8' });
const run = (...words: string[]) => runFile('bench/scale.ts', ...words);

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

test.each([
  ['soak/soak.ts', '--histories'],
  ['leaks/leaks.ts', '--most'],
])(
  '%s: %s without a number is 2, not a run over nothing that passes',
  (file, flag) => {
    const { status, stdout, stderr } = runFile(file, flag, 'many');
    expect([status, stdout, stderr]).toEqual([2, '', `${flag} takes a number above zero\n`]);
  },
  60_000,
);

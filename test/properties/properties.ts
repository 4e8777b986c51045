import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { flags, numberOf } from '../support/flags.ts';
import { written, type Source } from '../support/sources.ts';

const USAGE = `Usage: npm run properties -- [--seeds N] [--first SEED] [--only PATTERN]

Runs every test file that uses fast-check once for each of N seeds: 10, from 1, unless told.
Exit status 1 when a seed fails. PROPERTY_SEED=SEED npm test runs everything with one seed.`;
const root = path.resolve(import.meta.dirname, '../..');

const values = flags(USAGE, {
  seeds: { type: 'string' },
  first: { type: 'string' },
  only: { type: 'string' },
});
const seeds = numberOf('seeds', values.seeds ?? '10');
const first = numberOf('first', values.first ?? '1');
const only = new RegExp(values.only ?? '');

/** Whether a file imports fast-check, itself or through a helper of its own folder. */
function usesFastCheck({ path: file, text }: Source): boolean {
  if (/from 'fast-check'/.test(text)) return true;
  return [...text.matchAll(/from '(\.\/[^']+)'/g)].some(([, target = '']) =>
    written.some((source) => source.path === path.join(path.dirname(file), target) && usesFastCheck(source)),
  );
}

const files = written
  .filter((source) => source.path.endsWith('.test.ts') && usesFastCheck(source))
  .map((source) => source.path)
  .filter((file) => only.test(file));
if (files.length === 0) {
  console.error('--only matches no test file');
  process.exit(2);
}
const failed: number[] = [];
for (let seed = first; seed < first + seeds; seed++) {
  const { status } = spawnSync(
    path.join(root, 'node_modules/.bin/vitest'),
    ['run', '--config', 'test/vitest.config.ts', '--reporter', 'dot', ...files],
    { cwd: root, stdio: 'inherit', env: { ...process.env, PROPERTY_SEED: `${seed}` } },
  );
  if (status !== 0) failed.push(seed);
}
console.log(
  `${files.length} files, ${seeds} seeds from ${first}: ${failed.length === 0 ? 'no failure' : `failed with ${failed.join(', ')}`}`,
);
if (failed.length > 0) process.exitCode = 1;

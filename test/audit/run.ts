import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { AuditReport } from '../../packages/cli/src/audit/report.ts';
import type { Channel } from '../leaks/bits.ts';
import type { Figures, Release, SoakFigures } from './measures.ts';
import { testResults, type TestResult } from './results.ts';

/** Where an audit runs, and where it puts its evidence. */
export interface Place {
  readonly root: string;
  readonly evidence: string;
  readonly say: (line: string) => void;
}

/** Runs a program of the checkout with Node and returns what it printed; null if it could not run. */
function run({ root, say }: Place, args: readonly string[]): { status: number | null; stdout: string } {
  say(args.map((arg) => path.relative(root, path.resolve(root, arg)) || arg).join(' '));
  const { status, stdout } = spawnSync(process.execPath, args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return { status, stdout };
}

/** Runs test files, all without a list, and reads what Vitest reports. A run that did not end has no results. */
export function runTests(place: Place, config: string, name: string, files: readonly string[]): TestResult[] {
  const file = path.join(place.evidence, `${name}.json`);
  const vitest = path.join(place.root, 'node_modules/vitest/vitest.mjs');
  run(place, [vitest, 'run', '--config', config, '--reporter=json', `--outputFile=${file}`, ...files]);
  if (!existsSync(file)) return [];
  return testResults(JSON.parse(readFileSync(file, 'utf8')) as never, place.root);
}

/** The objects that a program printed, one a line, which are also kept as evidence; null if it printed none. */
function objects(place: Place, name: string, args: readonly string[]): unknown[] | null {
  const { stdout } = run(place, args);
  writeFileSync(path.join(place.evidence, `${name}.jsonl`), stdout);
  const lines = stdout.split('\n').filter((line) => line.startsWith('{'));
  try {
    const all = lines.map((line) => JSON.parse(line) as unknown);
    return all.length === 0 ? null : all;
  } catch {
    return null;
  }
}

function release(place: Place): Release | null {
  const out = path.join(place.evidence, 'release');
  const { status } = run(place, ['services/local/src/release/release.ts', out]);
  if (status !== 0) return null;
  const sums = readFileSync(path.join(out, 'SHA256SUMS'), 'utf8').trimEnd().split('\n');
  const digests = sums.map((line) => line.split('  ').toReversed() as [string, string]);
  const list = JSON.parse(readFileSync(path.join(out, 'components.cdx.json'), 'utf8')) as {
    components: Release['components'];
  };
  return { digests: Object.fromEntries(digests), components: list.components };
}

/** Runs the commands that sections need. A quick run measures less. */
export function runCommands(place: Place, needs: ReadonlySet<string>, quick: boolean): Figures {
  const leaks = ['test/leaks/leaks.ts', '--json', ...(quick ? ['--most', '200'] : [])];
  const soak = [
    'test/soak/soak.ts',
    '--json',
    ...(quick ? ['--histories', '100', '--seconds', '5', '--rate', '50'] : []),
  ];
  return {
    leaks: needs.has('leaks') ? (objects(place, 'leaks', leaks) as Channel[] | null) : null,
    soak: needs.has('soak') ? ((objects(place, 'soak', soak)?.[0] as SoakFigures | undefined) ?? null) : null,
    release: needs.has('release') ? release(place) : null,
  };
}

/** What is audited. Outside of a checkout there is no commit. */
export function subjectOf(root: string, modules: Readonly<Record<string, string>>): AuditReport['subject'] {
  const git = (...args: string[]): string | null => {
    const { status, stdout } = spawnSync('git', args, { cwd: root, encoding: 'utf8' });
    return status === 0 ? stdout.trim() : null;
  };
  const own = git('rev-parse', '--show-toplevel') === root;
  const digest = createHash('sha512').update(readFileSync(path.join(root, 'package-lock.json')));
  return {
    commit: own ? git('rev-parse', 'HEAD') : null,
    tree: own ? git('rev-parse', 'HEAD^{tree}') : null,
    dirty: own ? git('status', '--porcelain') !== '' : null,
    lockfile: `sha512-${digest.digest('base64')}`,
    modules,
  };
}

/** What belongs to this run alone. */
export const runFacts = (started: Date): AuditReport['run'] => ({
  started: started.toISOString(),
  seconds: Math.round((Date.now() - started.getTime()) / 1000),
  node: process.version,
  os: `${os.platform()} ${os.arch()}`,
  cores: os.availableParallelism(),
});

export function freshFolder(folder: string): string {
  mkdirSync(folder, { recursive: true });
  return folder;
}

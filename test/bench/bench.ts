import '../../services/local/src/offline-env.ts';
import { spawnSync } from 'node:child_process';
import os from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { flags } from '../support/flags.ts';
import { prepare } from '../../services/local/src/prepare.ts';
import { pageFigures } from './chromium.ts';
import { coldFigures } from './cold.ts';
import { ownClock } from './cpu-clock.ts';
import { exchangeFigures } from './exchange.ts';
import { growthFigures } from './growth.ts';
import { languageFigure } from './languages.ts';
import {
  contestantsOf,
  groupsOf,
  measure,
  measureCases,
  plainSummary,
  runCase,
  type CaseGroups,
  type Contestant,
} from './measure.ts';
import { nodePlatform } from './node-platform.ts';
import { reporter } from './report.ts';
import type { Row } from './row.ts';
import { allRows } from './rows/all.ts';
import { searchData, writeSearchData } from './search-data.ts';
import { startBenchWorker } from './workerd.ts';

const PINNED = 'SOTTO_BENCH_PINNED';
const USAGE = `Usage: npm run bench -- [--json] [--html FILE] [--only PATTERN] [--growth]

Compares our speed with that of other packages, in one run, on Node and workerd. --json prints one object a line; --html
also writes a report with plots; --only measures the rows whose names match a regular expression; --growth measures, in
place of all rows, what larger ledgers, catalogues and crowds cost (minutes, and 2 GB of temporary files).`;

const values = flags(USAGE, {
  json: { type: 'boolean' },
  html: { type: 'string' },
  only: { type: 'string' },
  growth: { type: 'boolean' },
});

// Pinned to one core, with one thread for WebCrypto: wake-ups across cores and threads would flatter synchronous code by two.
if (process.env[PINNED] === undefined && process.platform === 'linux') {
  const argv = ['-c', '0', process.execPath, ...process.argv.slice(1)];
  const run = spawnSync('taskset', argv, {
    stdio: 'inherit',
    env: { ...process.env, [PINNED]: '1', UV_THREADPOOL_SIZE: '1' },
  });
  if (run.error === undefined) process.exit(run.status ?? 1);
}

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as (options: { type: string }) => void;
const GC_TYPES = { all: 'major', young: 'minor' } as const;

const only = patternOf(values.only ?? '');
let measured = 0; // rows
const { report, progress, finish } = reporter(values.json === true);
progress('making what the rows need');
await prepare();
writeSearchData();

function patternOf(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch {
    console.error('--only takes a regular expression');
    return process.exit(2);
  }
}

function wanted(name: string): boolean {
  if (!only.test(name)) return false;
  measured++;
  return true;
}

async function inNode(): Promise<void> {
  for (const row of await allRows(await nodePlatform(), searchData())) {
    if (!wanted(row.name)) continue;
    progress(`node: ${row.name} beside ${row.peer}`);
    await row.check();
    const cases = row.cases?.();
    const figure = cases
      ? await measureCases(cases.share, groupsOf(cases), runCase(cases), ownClock)
      : await measure(contestantsOf(row), ownClock, (what) => gc({ type: GC_TYPES[what] }));
    report('node', row, figure);
  }
}

async function inWorkerd(): Promise<void> {
  const worker = await startBenchWorker('worker.ts');
  const get = async (query: string): Promise<unknown> => {
    const response = await fetch(`${worker.url}/${query}`);
    const text = await response.text();
    if (!response.ok) throw new Error(`workerd: ${query}: ${response.status} ${text}`);
    return text === '' ? null : JSON.parse(text);
  };
  const rows = (await get('')) as Pick<Row, 'name' | 'peer'>[];
  for (const [index, row] of rows.entries()) {
    if (!wanted(row.name)) continue;
    progress(`workerd: ${row.name} beside ${row.peer}`);
    const of = (await get(`?row=${index}`)) as {
      contestants: number;
      cases: { share: number; groups: CaseGroups } | null;
    };
    const contestants = Array.from({ length: of.contestants }, (_, who): Contestant => {
      return (times) => get(`?row=${index}&who=${who}&times=${times}`);
    });
    const figure = of.cases
      ? await measureCases(
          of.cases.share,
          of.cases.groups,
          (who, at, times) => get(`?row=${index}&of=${who}&case=${at}&times=${times}`),
          worker.clock,
        )
      : await measure(contestants, worker.clock, (what) => get(`?gc=${GC_TYPES[what]}`));
    report('workerd', row, figure);
  }
  await worker.stop();
}

if (values.growth === true) {
  for await (const { name, runtime, size, microseconds } of growthFigures()) {
    measured++;
    report(runtime, { name, peer: null }, { ...plainSummary([microseconds]), size });
  }
  finish(values.html);
  process.exit();
}
await inNode();
await inWorkerd();
if (wanted('search.languages.first')) {
  progress('search.languages.first: the sticker Worker, asked in every language');
  report('workerd', { name: 'search.languages.first', peer: null }, await languageFigure());
}
if (wanted('issuer.cold')) {
  progress('issuer.cold: isolates that have signed nothing yet');
  for (const { runtime, figure } of await coldFigures()) {
    report(runtime, { name: 'issuer.cold', peer: '@noble/curves' }, figure);
  }
}
if (wanted('page.batch')) {
  progress('page.batch: a page in Chromium');
  for (const [name, figure] of await pageFigures())
    report('chromium', { name, peer: '@noble/curves' }, figure);
}
if (wanted('e2e.search e2e.issue')) {
  progress('e2e.search: four live services');
  if (process.platform === 'linux') {
    spawnSync('taskset', ['-acp', `0-${os.cpus().length - 1}`, `${process.pid}`]); // latency wants all cores
  }
  for (const [name, figure] of await exchangeFigures()) report('workerd', { name, peer: null }, figure);
}
if (measured === 0) {
  console.error('no row has such a name');
  process.exitCode = 2;
} else finish(values.html);

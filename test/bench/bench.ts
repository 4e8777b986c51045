import { spawnSync } from 'node:child_process';
import { flags } from '../support/flags.ts';
import { compareFiles } from './compare.ts';

const PINNED = 'SOTTO_BENCH_PINNED';
const USAGE = `Usage: npm run bench -- [--json] [--html FILE] [--only PATTERN] [--growth]
       npm run bench -- --compare FILE --with FILE

Compares our speed with that of other packages, in one run, on Node and workerd. --json prints one object a line; --html
also writes a report with plots; --only measures the rows whose names match a regular expression; --growth measures, in
place of all rows, what larger ledgers, catalogues and crowds cost (minutes, and 2 GB of temporary files). --compare
measures nothing: it lists the rows of two runs with --json that differ by more than 10 %, and exits with 1 if there are any.
It compares ratios, since a peer beside ours slows down with the machine, and times only of rows without a peer. The parts of
a row (\`of ours\`, in JSON \`parts_us\`) are no rows.`;

const values = flags(USAGE, {
  json: { type: 'boolean' },
  html: { type: 'string' },
  only: { type: 'string' },
  growth: { type: 'boolean' },
  compare: { type: 'string' },
  with: { type: 'string' },
});

if (values.compare !== undefined || values.with !== undefined)
  process.exit(compare(values.compare, values.with));

// Pinned to one core, with one thread for WebCrypto: wake-ups across cores and threads would flatter synchronous code by two.
// What grows with processes and isolates needs all cores.
if (values.growth !== true && process.env[PINNED] === undefined && process.platform === 'linux') {
  const argv = ['-c', '0', process.execPath, ...process.argv.slice(1)];
  const run = spawnSync('taskset', argv, {
    stdio: 'inherit',
    env: { ...process.env, [PINNED]: '1', UV_THREADPOOL_SIZE: '1' },
  });
  if (run.error === undefined) process.exit(run.status ?? 1);
}

const only = patternOf(values.only ?? '');
const { run } = await import('./run.ts'); // not at the top, because loading it takes seconds and --compare does not need it
const { json = false, html, growth = false } = values;
process.exit(await run({ only, json, html, growth }));

function patternOf(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch {
    console.error('--only takes a regular expression');
    return process.exit(2);
  }
}

function compare(first: string | undefined, second: string | undefined): number {
  if (first === undefined || second === undefined) {
    console.error('--compare FILE and --with FILE belong together');
    return 2;
  }
  try {
    const { lines, agree } = compareFiles(first, second);
    console.log(lines.join('\n'));
    return agree ? 0 : 1;
  } catch (error) {
    console.error((error as Error).message);
    return 2;
  }
}

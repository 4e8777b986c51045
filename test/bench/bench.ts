import '../support/offline-env.ts';
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { prepare } from '../../services/local/src/prepare.ts';
import { measure } from './measure.ts';
import { nodePlatform } from './node-platform.ts';
import { allRows } from './rows/all.ts';
import type { Figure, Measured, Row } from './row.ts';
import { writeSearchData, searchData } from './search-data.ts';
import { coldFigures } from './cold.ts';
import { exchangeFigures } from './exchange.ts';
import { startBenchWorker } from './workerd.ts';

const PINNED = 'SOTTO_BENCH_PINNED';

// Pinned to one core: thread-pool wake-ups across cores would flatter synchronous code by two.
if (process.env[PINNED] === undefined && process.platform === 'linux') {
  const argv = ['-c', '0', process.execPath, ...process.argv.slice(1)];
  const run = spawnSync('taskset', argv, { stdio: 'inherit', env: { ...process.env, [PINNED]: '1' } });
  if (run.error === undefined) process.exit(run.status ?? 1);
}

const { values } = parseArgs({ options: { json: { type: 'boolean' }, only: { type: 'string' } } });
const wanted = (name: string): boolean => values.only === undefined || new RegExp(values.only).test(name);
const progress = (text: string): void => {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
};
const rounded = (n: number | null): number | null => (n === null ? null : Number(n.toPrecision(4)));

function report(
  runtime: Figure['runtime'],
  { name, peer }: { readonly name: string; readonly peer: string | null },
  m: Measured,
): void {
  const figure: Figure = {
    name,
    runtime,
    ours_us: rounded(m.ours_us) ?? 0,
    peer,
    peer_us: rounded(m.peer_us),
    ratio: rounded(m.ratio),
    limit_us: rounded(m.limit_us),
  };
  progress('');
  if (values.json) {
    console.log(JSON.stringify(figure));
    return;
  }
  const cells = [
    name.padEnd(22),
    runtime.padEnd(8),
    `${figure.ours_us}`.padStart(9),
    `${figure.peer_us ?? ''}`.padStart(9),
    `${figure.ratio ?? ''}`.padStart(8),
    `${figure.limit_us ?? ''}`.padStart(7),
    peer ?? '',
  ];
  console.log(cells.join('  '));
}

if (!values.json) {
  console.log('row                     runtime     ours µs   peer µs     ratio    limit  peer');
}
await prepare();
writeSearchData();

for (const row of (await allRows(await nodePlatform(), searchData())).filter(({ name }) => wanted(name))) {
  progress(`node: ${row.name} beside ${row.peer}`);
  report('node', row, await measure(row, () => performance.now()));
}

const worker = await startBenchWorker('worker.ts');
const listed = (await (await fetch(worker.url)).json()) as Pick<Row, 'name' | 'peer'>[];
for (const [index, row] of listed.entries()) {
  if (!wanted(row.name)) continue;
  progress(`workerd: ${row.name} beside ${row.peer}`);
  report('workerd', row, (await (await fetch(`${worker.url}/?row=${index}`)).json()) as Measured);
}
await worker.stop();

if (wanted('issuer.cold')) {
  progress('issuer.cold');
  for (const { runtime, figure } of await coldFigures()) {
    report(runtime, { name: 'issuer.cold', peer: '@noble/curves' }, figure);
  }
}
if (wanted('e2e.search')) {
  progress('e2e.search');
  for (const [name, ours_us] of await exchangeFigures()) {
    report('workerd', { name, peer: null }, { ours_us, peer_us: null, ratio: null, limit_us: null });
  }
}

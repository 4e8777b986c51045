import { parentPort, workerData } from 'node:worker_threads';
import { runInNewContext } from 'node:vm';
import { ownClock } from './cpu-clock.ts';
import { caseListOf, contestantsOf, measureIsolate, runCase } from './measure.ts';
import { nodePlatform } from './node-platform.ts';
import { rowAt, type RowPlace } from './rows/all.ts';
import { searchData } from './search-data.ts';

const gc = runInNewContext('gc') as (options: { type: string }) => void;
const row = await rowAt(workerData as RowPlace, await nodePlatform(), searchData());
await row.check();
const cases = row.cases?.() ?? null;
const figures = await measureIsolate(row.name, {
  contestants: contestantsOf(row),
  isOneCall: row.isOneCall === true,
  cases: cases && caseListOf(cases),
  runCase: runCase(cases),
  clock: ownClock,
  collectGarbage: () => gc({ type: 'minor' }),
});
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port has no origins
parentPort?.postMessage(figures);

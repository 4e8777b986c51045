import '../../services/local/src/offline-env.ts';
import { spawnSync } from 'node:child_process';
import os from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { prepare } from '../../services/local/src/prepare.ts';
import { pageFigures } from './chromium.ts';
import { coldFigures } from './cold.ts';
import { exchangeFigures, firstBatch } from './exchange.ts';
import { growthFigures } from './growth/all.ts';
import { languageFigure } from './languages.ts';
import { inNode, inWorkerd } from './isolates.ts';
import { nodePlatform } from './node-platform.ts';
import { BARE, reporter } from './report.ts';
import type { Measured } from './row.ts';
import { rowPlaces } from './rows/all.ts';
import { searchData, writeSearchData } from './search-data.ts';
import { overStarts, untilSteady } from './starts.ts';

const STARTS = 3; // of the four services
const FIRST_STARTS = 2; // more in each of these, for the first batch of tokens alone

interface Wanted {
  readonly only: RegExp;
  readonly json: boolean;
  readonly html: string | undefined;
  readonly growth: boolean;
}

/** Measures the requested rows and reports them. Returns the exit code. */
export async function run({ only, json, html, growth }: Wanted): Promise<number> {
  setFlagsFromString('--expose-gc'); // in the threads
  const reported = reporter(json);
  reported.progress('making what the rows need');
  await prepare();
  writeSearchData();
  const wanted = (name: string): boolean => only.test(name);
  const count = growth ? await measureGrowth(reported, wanted) : await measureAll(reported, wanted);
  if (count === 0) {
    console.error('no row has such a name');
    return 2;
  }
  reported.finish(html);
  return 0;
}

type Reported = ReturnType<typeof reporter>;
type IsWanted = (name: string) => boolean;

async function measureGrowth({ report, progress }: Reported, wanted: IsWanted): Promise<number> {
  let rows = 0;
  for await (const { name, runtime, measured } of growthFigures(wanted, progress)) {
    rows++;
    report(runtime, { name, peer: null }, measured);
  }
  return rows;
}

async function measureAll(reported: Reported, wanted: IsWanted): Promise<number> {
  const { report, progress } = reported;
  let rows = await measureRows(reported, wanted);
  if (wanted('search.languages.first')) {
    rows++;
    progress('search.languages.first: the sticker Worker, asked in every language, beside a bare one');
    report('workerd', { name: 'search.languages.first', peer: BARE }, await languageFigure());
  }
  if (wanted('issuer.cold')) {
    rows++;
    progress('issuer.cold: isolates that have signed nothing yet');
    for (const { runtime, figure } of await coldFigures()) {
      report(runtime, { name: 'issuer.cold', peer: '@noble/curves' }, figure);
    }
  }
  if (wanted('page.batch')) {
    rows++;
    progress('page.batch: a page in Chromium');
    for (const [name, figure] of await pageFigures())
      report('chromium', { name, peer: '@noble/curves' }, figure);
  }
  if (wanted('e2e.search e2e.issue')) {
    rows++;
    if (process.platform === 'linux') {
      spawnSync('taskset', ['-acp', `0-${os.cpus().length - 1}`, `${process.pid}`]); // latency wants all cores
    }
    await measureExchange(reported);
  }
  return rows;
}

async function measureRows({ report, progress }: Reported, wanted: IsWanted): Promise<number> {
  const all = await rowPlaces(await nodePlatform(), searchData());
  const places = all.filter(({ figures }) => figures.some(wanted));
  const isolates = (
    [
      ['node', inNode],
      ['workerd', inWorkerd],
    ] as const
  ).flatMap(([runtime, measureIn]) => places.map((place) => ({ runtime, measureIn, place })));
  const figures = await untilSteady(
    isolates.map(({ runtime, measureIn, place }) => async (start) => {
      progress(`start ${start}: ${runtime}: ${place.name} beside ${place.peer}`);
      return (await measureIn(place)).filter(([name]) => wanted(name));
    }),
  );
  for (const [i, { runtime, place }] of isolates.entries()) {
    for (const [name, figure] of figures[i] ?? []) report(runtime, { name, peer: place.peer }, figure);
  }
  return places.length;
}

/** The four services are started several times, because every start compiles and lays out its code differently. */
async function measureExchange({ report, progress }: Reported): Promise<void> {
  const starts = new Map<string, Measured[]>();
  for (let start = 1; start <= STARTS; start++) {
    progress(`start ${start} of ${STARTS}: e2e.search: four live services beside bare ones`);
    for (const [name, figure] of await exchangeFigures()) added(starts, name, figure);
    for (let i = 0; i < FIRST_STARTS; i++) added(starts, ...(await firstBatch()));
  }
  for (const [name, all] of starts) report('workerd', { name, peer: BARE }, overStarts(all));
}

/** The figures of a row, with one figure added. */
function added(starts: Map<string, Measured[]>, row: string, figure: Measured): Measured[] {
  const all = [...(starts.get(row) ?? []), figure];
  starts.set(row, all);
  return all;
}

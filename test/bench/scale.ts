import '../../services/local/src/offline-env.ts';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { flags, numberOf } from '../support/flags.ts';
import { htmlReport, lineChart } from '../support/report.ts';
import { withTables } from './scale-document.ts';
import { measuredTable, missedBounds, type Measurement } from './scale-measured.ts';
import {
  assumptionsOf,
  assumptionsTable,
  budget,
  budgetTable,
  SCALES,
  valuesOf,
  type AssumptionName,
} from './scale-model.ts';
import recorded from './device-days.json' with { type: 'json' };

const names = Object.keys(assumptionsOf(recorded)) as AssumptionName[];
const text = { type: 'string' } as const;
const assumed = Object.fromEntries(names.map((name) => [name, text]));

const USAGE = `Usage: npm run scale -- [--devices N] [--days N] [--seed N] [--write] [--json] [--html FILE] [--searches N,N] [--ASSUMPTION VALUE]
       npm run scale -- --recorded [--write] [--json] [--html FILE] [--searches N,N] [--ASSUMPTION VALUE]

Measures device-days: so many devices (40) with real clients live for so many days (28) of a virtual clock over the whole suite, with
vouchers and without, while the CPU and the written rows of the servers are counted. Then computes what so many searches a day cost.
--write stores the measurement in test/bench/device-days.json, and the tables in specs/scale.md; --recorded takes the stored
measurement instead of measuring, which takes minutes.
--json prints one object a line; --html writes a report with a plot. Exit status 1 when a measurement misses a bound.
Assumptions, each of which is an option: ${names.join(' ')}.`;

const values = flags(USAGE, {
  json: { type: 'boolean' },
  recorded: { type: 'boolean' },
  write: { type: 'boolean' },
  devices: { type: 'string', default: '40' },
  days: { type: 'string', default: '28' },
  seed: { type: 'string', default: '1' },
  html: text,
  searches: text,
  ...assumed,
});
const given = values as Readonly<Record<string, string | boolean | undefined>>;
const overrides = names.flatMap((name) => {
  const value = given[name];
  return typeof value === 'string' ? [[name, numberOf(name, value)] as const] : [];
});
const scales =
  values.searches === undefined ? SCALES : values.searches.split(',').map((s) => numberOf('searches', s));

const WARM_UP_DAYS = 7; // a period of vouchers

async function measure(): Promise<Measurement> {
  const [devices, days, seed] = (['devices', 'days', 'seed'] as const).map((name) =>
    numberOf(name, values[name]),
  ) as [number, number, number];
  const options = { devices, days, seed, warmUpDays: WARM_UP_DAYS };
  const date = new Date().toISOString().slice(0, 10);
  // Only now, since the whole suite takes long to load.
  const { prepare } = await import('../../services/local/src/prepare.ts');
  const { measureDeviceDays } = await import('./device-days.ts');
  await prepare();
  const vouchers = await measureDeviceDays('vouchers', options);
  const direct = await measureDeviceDays('direct', options);
  return { date, devices, days, vouchers, direct };
}

/** The tables of the document, which are of the numbers of searches and of the assumptions that are the default. */
function writeTables(): void {
  const file = path.join(import.meta.dirname, '../../specs/scale.md');
  const all = valuesOf(assumptions);
  const tables = [measuredTable(measurement), budgetTable(SCALES, all), assumptionsTable(assumptions, all)];
  writeFileSync(file, withTables(readFileSync(file, 'utf8'), tables));
}

const measurement: Measurement = values.recorded === true ? recorded : await measure();
const assumptions = assumptionsOf(measurement);
if (values.write === true) {
  const file = path.join(import.meta.dirname, 'device-days.json');
  writeFileSync(file, `${JSON.stringify(measurement, null, 2)}\n`);
  writeTables();
}
const numbers = { ...valuesOf(assumptions), ...Object.fromEntries(overrides) };
const missed = missedBounds(measurement);

/** The value of a line of a budget. */
const valueOf = (searches: number, name: string): number =>
  budget(searches, numbers).find((line) => line.name === name)?.value ?? 0;

const dollars = (value: number): string =>
  `$${Number(value.toPrecision(3)).toLocaleString('en-US', { maximumFractionDigits: 2 })}`;

const last = scales.at(-1) ?? 0;
const summary =
  `scale: ${last.toLocaleString('en-US')} searches a day need ${Math.ceil(valueOf(last, 'cores, peak')).toLocaleString('en-US')} cores at the peak ` +
  `and cost ${dollars(valueOf(last, 'relay: money') + valueOf(last, 'operator: money'))} a month, ${dollars(valueOf(last, 'both, a million searches'))} per million searches.`;

const MEASURED = `${measurement.devices} devices for ${measurement.days} days of a virtual clock, measured ${measurement.date}: CPU of the whole of workerd, relay included.`;
const COLUMNS =
  'Each column is a number of searches a day; each row is of one month, unless it says otherwise. M is a million.';

if (values.json === true) {
  for (const searches of scales) {
    for (const line of budget(searches, numbers)) console.log(JSON.stringify({ searches, ...line }));
  }
} else {
  for (const line of measuredTable(measurement)) console.log(line);
  console.log(`\n${MEASURED}\n`);
  for (const line of budgetTable(scales, numbers)) console.log(line);
  console.log(`\n${COLUMNS}`);
  console.log('\nAssumptions. Each is an option (--peak 5), and --searches N,N computes other numbers.\n');
  for (const line of assumptionsTable(assumptions, numbers)) console.log(line);
  console.log(`\n${summary}`);
}
for (const line of missed) console.error(`scale: ${line}`);

if (values.html !== undefined) {
  const chart = (name: string): { name: string; points: { x: number; y: number }[] } => ({
    name,
    points: scales.map((searches) => ({ x: searches, y: valueOf(searches, name) })),
  });
  const cells = (lines: readonly string[]): string[][] =>
    lines.filter((line) => !line.startsWith('| ---')).map((line) => line.slice(2, -2).split(' | '));
  writeFileSync(
    values.html,
    htmlReport('Sotto: npm run scale', [
      { text: summary },
      {
        chart: lineChart({
          title: 'Money per month',
          x: 'searches a day',
          y: '$ a month',
          series: [chart('relay: money'), chart('operator: money')],
        }),
      },
      { text: COLUMNS },
      { table: cells(measuredTable(measurement)) },
      { text: MEASURED },
      { table: cells(budgetTable(scales, numbers)) },
      { table: cells(assumptionsTable(assumptions, numbers)) },
    ]),
  );
}
process.exit(values.recorded === true || missed.length === 0 ? 0 : 1); // clients may still wait for their schedules

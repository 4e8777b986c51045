import { writeFileSync } from 'node:fs';
import { flags, numberOf } from '../support/flags.ts';
import { htmlReport, lineChart } from '../support/report.ts';
import {
  ASSUMPTIONS,
  assumptionsTable,
  budget,
  budgetTable,
  DEFAULTS,
  SCALES,
  type AssumptionName,
} from './scale-model.ts';

const names = Object.keys(ASSUMPTIONS) as AssumptionName[];
const text = { type: 'string' } as const;
const assumed = Object.fromEntries(names.map((name) => [name, text]));

const USAGE = `Usage: npm run scale -- [--json] [--html FILE] [--searches N,N] [--ASSUMPTION VALUE]

Computes what so many searches a day cost. --json prints one object a line; --html writes a report with a plot.
Assumptions, each of which is an option: ${names.join(' ')}.`;

const values = flags(USAGE, { json: { type: 'boolean' }, html: text, searches: text, ...assumed });
const given = values as Readonly<Record<string, string | boolean | undefined>>;
const numbers = { ...DEFAULTS };
for (const name of names) {
  const value = given[name];
  if (typeof value === 'string') numbers[name] = numberOf(name, value);
}
const scales =
  values.searches === undefined ? SCALES : values.searches.split(',').map((s) => numberOf('searches', s));

/** The value of a line of a budget. */
const valueOf = (searches: number, name: string): number =>
  budget(searches, numbers).find((line) => line.name === name)?.value ?? 0;

const dollars = (value: number): string =>
  `$${Number(value.toPrecision(3)).toLocaleString('en-US', { maximumFractionDigits: 2 })}`;

const last = scales.at(-1) ?? 0;
const summary =
  `scale: ${last.toLocaleString('en-US')} searches a day need ${Math.ceil(valueOf(last, 'cores, peak')).toLocaleString('en-US')} cores at the peak ` +
  `and cost ${dollars(valueOf(last, 'relay: money') + valueOf(last, 'operator: money'))} a month, ${dollars(valueOf(last, 'both, a million searches'))} per million searches.`;

const COLUMNS =
  'Each column is a number of searches a day; each row is of one month, unless it says otherwise. M is a million.';

if (values.json === true) {
  for (const searches of scales) {
    for (const line of budget(searches, numbers)) console.log(JSON.stringify({ searches, ...line }));
  }
} else {
  for (const line of budgetTable(scales, numbers)) console.log(line);
  console.log(`\n${COLUMNS}`);
  console.log('\nAssumptions. Each is an option (--peak 5), and --searches N,N computes other numbers.\n');
  for (const line of assumptionsTable(numbers)) console.log(line);
  console.log(`\n${summary}`);
}

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
      { table: cells(budgetTable(scales, numbers)) },
      { table: cells(assumptionsTable(numbers)) },
    ]),
  );
}

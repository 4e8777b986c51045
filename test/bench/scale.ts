import { flags, numberOf } from '../support/flags.ts';
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

const USAGE = `Usage: npm run scale -- [--json] [--searches N,N] [--ASSUMPTION VALUE]

What so many searches a day cost, and on what assumptions: ${names.join(' ')}.`;

const values = flags(USAGE, { json: { type: 'boolean' }, searches: text, ...assumed });
const given = values as Readonly<Record<string, string | boolean | undefined>>;
const numbers = { ...DEFAULTS };
for (const name of names) {
  const value = given[name];
  if (typeof value === 'string') numbers[name] = numberOf(name, value);
}
const scales =
  values.searches === undefined ? SCALES : values.searches.split(',').map((s) => numberOf('searches', s));

if (values.json === true) {
  for (const searches of scales) {
    for (const line of budget(searches, numbers)) console.log(JSON.stringify({ searches, ...line }));
  }
} else {
  for (const line of budgetTable(scales, numbers)) console.log(line);
  console.log('\nWhat it rests on. Each is a flag (--peak 5), and --searches N,N gives other scales.\n');
  for (const line of assumptionsTable(numbers)) console.log(line);
}

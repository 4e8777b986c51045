// `npm run audit`: runs what the repository has, and writes a report of what is claimed, shown and open.
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { exitStatus, resultOf, type AuditReport } from '../../packages/cli/src/audit/report.ts';
import { flags } from '../support/flags.ts';
import { Measures } from './measures.ts';
import { auditPage } from './page.ts';
import { Results } from './results.ts';
import { freshFolder, runCommands, runFacts, runTests, subjectOf, type Place } from './run.ts';
import { makeSections, SECTIONS } from './sections.ts';
import { statement } from './statement.ts';
import { WHOLE_PAGES } from '../browser/vitest.config.ts';
import { FOLLOWED_GUIDES } from '../docs/vitest.config.ts';

const USAGE = `Usage: npm run audit -- [--quick] [--section ID]… [--out DIR]

Runs the tests, the leaks, the soak and the release of this checkout, and writes audit.json, audit.html, audit.intoto.json
and the evidence into DIR (build/audit). --quick measures less and runs only the tests that rows name; --section runs one section: ${SECTIONS.map(({ id }) => id).join(', ')}.
Exit status: 0 every row passes or is open with a reason, 1 a row fails, 2 wrong usage, 3 a row was not run.`;

const root = path.resolve(import.meta.dirname, '../..');
const started = new Date();
const values = flags(USAGE, {
  quick: { type: 'boolean', default: false },
  section: { type: 'string', multiple: true, default: [] },
  out: { type: 'string', default: path.join(root, 'build/audit') },
});
const unknown = values.section.find((id) => !SECTIONS.some((plan) => plan.id === id));
if (unknown !== undefined) {
  console.error(`--section ${unknown}: no such section\n\n${USAGE}`);
  process.exit(2);
}

const out = path.resolve(values.out);
rmSync(path.join(out, 'evidence'), { recursive: true, force: true });
const place: Place = {
  root,
  evidence: freshFolder(path.join(out, 'evidence')),
  say: (line) => console.error(`audit: ${line}`),
};
const whole = values.section.length === 0;
const plans = SECTIONS.filter(({ id }) => whole || values.section.includes(id));
const needs = new Set(plans.flatMap((plan) => plan.needs));

/** The files of tests that the rows of the sections name. */
const named = (): string[] => {
  const inputs = {
    root,
    results: new Results([]),
    measures: new Measures({ leaks: null, soak: null, release: null }),
  };
  const rows = makeSections(plans, inputs).flatMap((section) => section.rows);
  return [...new Set(rows.flatMap(({ evidence }) => evidence.map(({ test }) => test ?? '')))];
};

const PACKAGING = 'test/packaging/';
const files = needs.has('tests') ? named().filter((file) => file !== '') : [];
const figures = runCommands(place, needs, values.quick);
const REPRODUCIBLE = `${PACKAGING}reproducible.test.ts`;
const packaged = files.filter((file) => file.startsWith(PACKAGING) && file !== REPRODUCIBLE);
/** A full run runs all tests, also those that no row names. */
const onlyNamed = values.quick || !whole;
const commands = [
  { config: 'test/browser/vitest.config.ts', name: 'pages', own: WHOLE_PAGES },
  { config: 'test/docs/vitest.config.ts', name: 'guides', own: FOLLOWED_GUIDES },
  { config: 'test/audit/reproducible.config.ts', name: 'reproducible', own: [REPRODUCIBLE] },
].map((command) => ({ ...command, rows: command.own.filter((file) => files.includes(file)) }));
const inCommand = commands.flatMap(({ rows }) => rows);
const inTest = files.filter((file) => !file.startsWith(PACKAGING) && !inCommand.includes(file));
const tests = [
  ...(inTest.length === 0 ? [] : runTests(place, 'test/vitest.config.ts', 'tests', onlyNamed ? inTest : [])),
  ...commands.flatMap(({ config, name, rows }) =>
    rows.length === 0 ? [] : runTests(place, config, name, onlyNamed ? rows : []),
  ),
  // The other tests of packaging download from the npm registry.
  ...(packaged.length === 0 ? [] : runTests(place, 'test/packaging/vitest.config.ts', 'packaging', packaged)),
];

const inputs = { root, results: new Results(tests), measures: new Measures(figures) };
const sections = makeSections(plans, inputs);
const kind = whole ? (values.quick ? 'quick' : 'full') : 'partial';
const report: AuditReport = {
  schema: 'sotto-audit/1',
  subject: subjectOf(root, figures.release?.digests ?? {}),
  kind,
  sections,
  result: resultOf({ kind, sections }),
  run: runFacts(started),
};

const json = `${JSON.stringify(report, null, 1)}\n`;
writeFileSync(path.join(out, 'audit.json'), json);
writeFileSync(path.join(out, 'audit.html'), auditPage(report));
writeFileSync(path.join(out, 'audit.intoto.json'), `${JSON.stringify(statement(report, json), null, 1)}\n`);

for (const { id, status, totals, rows } of sections) {
  console.log(`${id.padEnd(12)} ${status.padEnd(14)} ${totals.pass} of ${rows.length} pass`);
  for (const row of rows)
    if (row.status === 'fail' || row.status === 'not-run' || row.status.endsWith('open'))
      console.log(`  ${row.status} ${row.id}: ${row.reason ?? row.what}`);
}
console.log(`${report.result}: ${path.relative(process.cwd(), path.join(out, 'audit.html'))}`);
process.exitCode = exitStatus(report);

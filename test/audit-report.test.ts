import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  comparable,
  exitStatus,
  recount,
  resultOf,
  sectionOf,
  type AuditReport,
  type AuditRow,
} from '../packages/cli/src/audit/report.ts';
import { CONTROLS } from './audit/controls.ts';
import { Measures, type Figures } from './audit/measures.ts';
import { auditPage } from './audit/page.ts';
import { Results, testResults } from './audit/results.ts';
import { ACCEPTED_OPEN, makeSections, SECTIONS } from './audit/sections.ts';
import { statement } from './audit/statement.ts';
import { escapeHtml } from './support/report.ts';

const root = path.resolve(import.meta.dirname, '..');
const NOTHING: Figures = { leaks: null, soak: null, release: null };
const FIGURES: Figures = {
  leaks: [
    { channel: 'outer.length', bits: 0, distinct: 1, samples: 200 },
    { channel: 'stream.request.pieces', bits: 4, distinct: 16, samples: 16 },
  ],
  soak: {
    histories: 9,
    doubled: 0,
    lost: 0,
    overQuota: 0,
    redemptionsPerSecond: 50,
    errors: 0,
    short: 0,
    mostShort: false,
    ledgerP99: 1,
  },
  release: {
    digests: { 'relay.mjs': 'ab'.repeat(32) },
    components: [{ name: 'a', licenses: [{}], hashes: [{}] }],
  },
};

const sections = (results = new Results([]), figures = NOTHING) =>
  makeSections(SECTIONS, { root, results, measures: new Measures(figures) });

/** Results in which each test that a row names has one status. */
function allWith(status: 'pass' | 'fail'): Results {
  const evidence = sections().flatMap(({ rows }) => rows.flatMap((row) => row.evidence));
  return new Results(
    evidence.flatMap(({ test: file, name }) =>
      file === undefined ? [] : [{ file, names: [name ?? 'a test'], status }],
    ),
  );
}

function reportOf(
  made = sections(allWith('pass'), FIGURES),
  kind: AuditReport['kind'] = 'full',
): AuditReport {
  return {
    schema: 'sotto-audit/1',
    subject: {
      commit: 'c'.repeat(40),
      tree: 't'.repeat(40),
      dirty: false,
      lockfile: `sha512-${Buffer.alloc(64, 7).toString('base64')}`,
      modules: { 'relay.mjs': 'ab'.repeat(32) },
    },
    kind,
    sections: made,
    result: resultOf({ kind, sections: made }),
    run: { started: '2026-11-26T00:00:00.000Z', seconds: 1 },
  };
}

describe('audit: from results to rows', () => {
  test('all tests pass: only the rows that cannot be shown here are open, each with its reason', () => {
    const made = sections(allWith('pass'), FIGURES);
    const rows = made.flatMap((section) => section.rows);
    const open = rows.filter(({ status }) => status !== 'pass' && status !== 'not-applicable');
    expect(open.map(({ id, status }) => [id, status])).toEqual(
      ['R31', 'K06', 'P02', 'P11'].map((id) => [id, 'accepted-open']),
    );
    expect(open.every(({ reason = '' }) => reason.length > 20)).toBe(true);
    expect(ACCEPTED_OPEN.size).toBe(4);
    expect(reportOf(made).result).toBe('WARNED');
    expect(exitStatus({ sections: made })).toBe(0);
    expect(recount(reportOf(made))).toEqual([]);
  });

  test('a section with rows that pass and rows that are not applicable passes', () => {
    const made = sections(allWith('pass'), FIGURES);
    const normative = made.find(({ id }) => id === 'normative');
    expect(normative?.totals['not-applicable']).toBeGreaterThan(0);
    expect(normative?.status).toBe('pass');
  });

  test('no test ran: status 3, and no section with tests is green', () => {
    const made = sections();
    expect(exitStatus({ sections: made })).toBe(3);
    expect(made.filter(({ status }) => status === 'pass').map(({ id }) => id)).toEqual(['scope']);
    expect(reportOf(made).result).toBe('FAILED');
  });

  test('every test fails: every row with a test fails', () => {
    const made = sections(allWith('fail'), FIGURES);
    expect(exitStatus({ sections: made })).toBe(1);
    const rows = made
      .flatMap((section) => section.rows)
      .filter(({ evidence }) => evidence.some((one) => one.test));
    expect(rows.length).toBeGreaterThan(400);
    expect(rows.filter(({ status }) => status !== 'fail')).toEqual([]);
  });

  test.each([
    [
      'leaks',
      { leaks: [{ channel: 'outer.length', bits: 0.1, distinct: 2, samples: 9 }] },
      'leak-outer.length',
    ],
    ['soak', { soak: { ...FIGURES.soak, doubled: 1 } }, 'soak-doubled'],
    ['soak', { soak: { ...FIGURES.soak, mostShort: true } }, 'soak-tokens'],
    ['release', { release: { digests: {}, components: [{ name: 'a', hashes: [{}] }] } }, 'release-licences'],
  ])('a bad figure of %s fails its row', (section, bad, id) => {
    const made = sections(allWith('pass'), { ...FIGURES, ...bad } as Figures);
    expect(made.find((one) => one.id === section)?.status).toBe('fail');
    expect(made.flatMap(({ rows }) => rows).find((row) => row.id === id)?.status).toBe('fail');
  });

  test('results: names with values, skipped tests, and files that did not load', () => {
    const results = new Results(
      testResults(
        {
          testResults: [
            {
              name: '/r/a.test.ts',
              status: 'passed',
              assertionResults: [
                { ancestorTitles: ['B01 cut'], title: 'the name "x" is refused', status: 'passed' },
                { ancestorTitles: ['later'], title: 'G02 a bit', status: 'skipped' },
              ],
            },
            { name: '/r/b.test.ts', status: 'failed', assertionResults: [] },
          ],
        },
        '/r',
      ),
    );
    expect(results.named('a.test.ts', 'the name %j is refused').status).toBe('pass');
    expect(results.withId('a.test.ts', 'B01').status).toBe('pass');
    expect(results.withId('a.test.ts', 'G02').status).toBe('not-run');
    expect(results.named('a.test.ts', 'another').status).toBe('not-run');
    expect(results.withId('b.test.ts', 'B01').status).toBe('fail');
    expect(results.file('c.test.ts').status).toBe('not-run');
  });

  test.each(CONTROLS)('the fault of control $id can be put into today’s sources', ({ edit }) => {
    const text = readFileSync(path.join(root, edit[0]), 'utf8');
    expect(text.replace(edit[1], edit[2])).not.toBe(text);
  });

  test('each control names an existing section and an existing row', () => {
    const ids = new Map(sections().map(({ id, rows }) => [id, rows.map((row) => row.id)]));
    for (const { section, row } of CONTROLS) expect(ids.get(section)).toContain(row);
    expect(CONTROLS.map(({ id }) => id)).toEqual(
      Array.from({ length: 10 }, (_, i) => `C${`${i + 1}`.padStart(2, '0')}`),
    );
  });
});

describe('audit: recount', () => {
  const row = (id: string, status: AuditRow['status'], shown: 'pass' | 'fail' = 'pass'): AuditRow => ({
    id,
    what: 'w',
    status,
    evidence: [{ name: id, status: shown }],
  });
  const honest = reportOf([sectionOf('s', 'S', [row('a', 'pass'), row('b', 'pass')])]);
  const [section = sectionOf('s', 'S', [])] = honest.sections;

  test('an honest report adds up, and a full one without open rows is PASSED', () => {
    expect(honest.result).toBe('PASSED');
    expect(recount(honest)).toEqual([]);
    expect(resultOf({ ...honest, kind: 'quick' })).toBe('WARNED');
  });

  test.each([
    [
      'a row that its evidence does not show',
      { rows: [row('a', 'pass', 'fail'), row('b', 'pass')] },
      'a: pass, but',
    ],
    ['a total', { totals: { ...section.totals, pass: 3 } }, 'section s: 3 pass, but 2 rows'],
    ['a row that is gone', { rows: [row('a', 'pass')] }, 'section s: 2 pass, but 1 rows'],
    ['a status of a section', { status: 'fail' as const }, 'section s: fail, but its rows are pass'],
    [
      'a row without evidence',
      { rows: [{ ...row('a', 'pass'), evidence: [] }, row('b', 'pass')] },
      'a: pass without evidence',
    ],
    [
      'an open row without a reason',
      { rows: [{ id: 'a', what: 'w', status: 'open' as const, evidence: [] }, row('b', 'pass')] },
      'a: open without a reason',
    ],
  ])('finds %s', (_what, change, said) => {
    const found = recount({ ...honest, sections: [{ ...section, ...change }] });
    expect(found.some((line) => line.startsWith(said))).toBe(true);
  });

  test('finds another result, and leaves the run and measured figures out of comparisons', () => {
    expect(recount({ ...honest, result: 'WARNED' })).toEqual([
      'result: WARNED, but its sections give PASSED',
    ]);
    const measured = { ...section, rows: section.rows.map((one) => ({ ...one, measured: { ms: 3 } })) };
    const other = { ...honest, run: { seconds: 99 }, sections: [measured] };
    expect(comparable(other)).toEqual(comparable(honest));
    expect(comparable({ ...honest, kind: 'quick' })).not.toEqual(comparable(honest));
  });
});

describe('audit: page and statement', () => {
  const report = reportOf();

  test('the page has every row, open ones first, and loads no script and no other file', () => {
    const page = auditPage(report);
    for (const { rows } of report.sections)
      for (const { id } of rows) expect(page.split(`<tr id="${id}">`)).toHaveLength(2);
    const rows = report.sections.flatMap((section) => section.rows);
    const [, first = ''] = /<h2>Rows that do not pass<\/h2>(.*?)<h2>/s.exec(page) ?? [];
    expect(Array.from(first.matchAll(/href="#([^"]+)"/g), ([, id]) => id)).toEqual([...ACCEPTED_OPEN]);
    for (const id of ACCEPTED_OPEN)
      expect(first).toContain(escapeHtml(rows.find((row) => row.id === id)?.reason ?? 'no reason'));
    expect(page).not.toMatch(/<script|<link|src=|@import|url\(/);
    expect(page.length).toBeLessThan(400 * 1024);
    expect(auditPage(reportOf([sectionOf('s', '<b>', [])]))).not.toContain('<b></h2>');
  });

  test('the files that an audit writes do not change the checkout', () => {
    expect(readFileSync(path.join(root, '.gitignore'), 'utf8').split('\n')).toContain('/build/');
  });

  test('the statement names commit, files and rows, and is about this audit.json', () => {
    const made = statement(report, 'text') as Record<string, never> & {
      subject: { name: string }[];
      predicate: Record<string, string[]>;
    };
    expect(made['_type']).toBe('https://in-toto.io/Statement/v1');
    expect(made.subject.map(({ name }) => name)).toEqual(['sotto', 'relay.mjs']);
    expect(made.predicate['warnedTests']).toEqual(['R31', 'K06', 'P02', 'P11']);
    expect(made.predicate['failedTests']).toEqual([]);
    expect(JSON.stringify(made)).toContain(
      '982d9e3eb996f559e633f4d194def3761d909f5a3b647d1a851fead67c32c9d1',
    );
  });
});

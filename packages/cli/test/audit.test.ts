import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { sectionOf, type AuditReport, type AuditRow } from '../src/audit/report.ts';
import { run } from '../src/run.ts';
import { TestIo } from './support/io.ts';

const LOCKFILE = `sha512-${'A'.repeat(86)}==`;
const row = (id: string, status: AuditRow['status'], reason?: string): AuditRow => ({
  id,
  what: `what ${id} is`,
  status,
  evidence: reason === undefined ? [{ name: id, status: status as 'pass' }] : [],
  ...(reason !== undefined && { reason }),
});

function reportOf(rows: readonly AuditRow[], change: Partial<AuditReport> = {}): AuditReport {
  return {
    schema: 'sotto-audit/1',
    subject: { commit: 'abc', tree: 'def', dirty: false, lockfile: LOCKFILE, modules: {} },
    kind: 'full',
    sections: [sectionOf('faults', 'Faults', rows)],
    result: 'WARNED',
    run: {},
    ...change,
  };
}

async function audited(report: unknown, ...args: string[]) {
  const folder = await mkdtemp(path.join(tmpdir(), 'audit-'));
  await writeFile(path.join(folder, 'audit.json'), JSON.stringify(report));
  await writeFile(path.join(folder, 'package-lock.json'), '{}');
  const io = new TestIo(folder);
  const status = await run(['audit', 'audit.json', ...args], io);
  return { status, io };
}

const OPEN = [row('S04', 'pass'), row('R31', 'accepted-open', 'needs accounts')];

test('sotto audit: a consistent report is status 0, and its open rows are first', async () => {
  const { status, io } = await audited(reportOf(OPEN));
  expect(status).toBe(0);
  expect(io.lines.slice(0, 3)).toEqual([
    'WARNED, a full run of commit abc',
    '  accepted-open: R31 what R31 is (needs accounts)',
    'faults  accepted-open  1 pass of 2',
  ]);
  expect(io.lines.at(-1)).toBe('The recount gives the same.');
});

test('sotto audit: an inconsistent report is status 1', async () => {
  const { status, io } = await audited(reportOf(OPEN, { result: 'PASSED' }));
  expect(status).toBe(1);
  expect(io.lines).toContain('WRONG  result: PASSED, but its sections give WARNED');
});

test('sotto audit: a row that failed is status 1, one that was not run 3', async () => {
  const failed = reportOf([row('S04', 'fail')], { result: 'FAILED' });
  expect((await audited(failed)).status).toBe(1);
  const left = await audited(reportOf([row('S04', 'not-run')], { result: 'FAILED' }), '--json');
  expect(left.status).toBe(3);
  expect(JSON.parse(left.io.lines[0] ?? '')).toMatchObject({ wrong: [], notRun: ['S04'], failed: [] });
});

test('sotto audit --against: a different lockfile is reported', async () => {
  const { status, io } = await audited(reportOf(OPEN), '--against', '.');
  expect(status).toBe(1);
  expect(io.said).toContain('package-lock.json is another one');
});

test.each([
  ['text', 'no audit.json with the schema sotto-audit/1'],
  [{ schema: 'sotto-audit/2', sections: [] }, 'no audit.json with the schema sotto-audit/1'],
])('sotto audit: %j is wrong usage', async (report, said) => {
  const { status, io } = await audited(report);
  expect(status).toBe(2);
  expect(io.said).toContain(said);
});

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { printable } from '../arguments.ts';
import { exitStatus, recount, type AuditReport, type AuditRow } from '../audit/report.ts';
import { command, UsageError } from '../command.ts';
import type { Io, Status } from '../io.ts';
import { table } from '../table.ts';

/** `sotto audit`. */
export const auditCommand = command({
  name: 'audit',
  synopsis: 'REPORT',
  summary: "recount someone else's audit report",
  details: [
    'REPORT is audit.json of `npm run audit`. Every status, total and result is computed again from its rows and their',
    'evidence; open rows stand first. With --against, the lockfile of a checkout must be that of the report.',
    'A recount shows that a report is consistent, not that its tests ran: run `npm run audit` for that.',
  ].join('\n'),
  options: {
    against: { type: 'string', value: 'DIR', text: 'a checkout of the commit that the report names' },
  },
  examples: [
    ['audit audit.json', 'recounts a report, and lists what is open'],
    ['audit audit.json --against .', 'compares it with this checkout too'],
  ],
  run: async ({ values, words }, io) => {
    const [file = '', ...more] = words;
    if (file === '' || more.length > 0) throw new UsageError('name one report');
    const report = await read(path.resolve(io.cwd, file));
    const wrong = recount(report);
    if (values.against !== undefined)
      wrong.push(...(await differences(report, path.resolve(io.cwd, values.against))));
    return print(report, wrong, values.json === true, io);
  },
});

async function read(file: string): Promise<AuditReport> {
  const text = await readFile(file, 'utf8').catch(() => {
    throw new UsageError(`${printable(file)} cannot be read`);
  });
  try {
    const report = JSON.parse(text) as Partial<AuditReport> | null;
    if (report?.schema === 'sotto-audit/1' && Array.isArray(report.sections)) return report as AuditReport;
  } catch {
    // reported below
  }
  throw new UsageError(`${printable(file)} is no audit.json with the schema sotto-audit/1`);
}

async function differences({ subject }: AuditReport, checkout: string): Promise<string[]> {
  const bytes = await readFile(path.join(checkout, 'package-lock.json')).catch(() => {
    throw new UsageError(`--against: ${printable(checkout)} has no package-lock.json`);
  });
  const lockfile = `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
  return lockfile === subject.lockfile ? [] : ['package-lock.json is another one than that of the report'];
}

function print(report: AuditReport, wrong: readonly string[], json: boolean, io: Io): Status {
  const rows = report.sections.flatMap(({ rows: all }) => all);
  const of = (...statuses: AuditRow['status'][]): AuditRow[] =>
    rows.filter(({ status }) => statuses.includes(status));
  const status = wrong.length > 0 ? 1 : exitStatus(report);
  if (json) {
    const ids = (...statuses: AuditRow['status'][]): string[] => of(...statuses).map(({ id }) => id);
    io.out(
      JSON.stringify({
        commit: report.subject.commit,
        kind: report.kind,
        result: report.result,
        wrong,
        open: ids('open', 'accepted-open'),
        failed: ids('fail'),
        notRun: ids('not-run'),
      }),
    );
    return status;
  }
  io.out(`${report.result}, a ${report.kind} run of commit ${report.subject.commit ?? 'unknown'}`);
  for (const row of of('fail', 'not-run', 'open', 'accepted-open'))
    io.out(
      `  ${row.status}: ${printable(`${row.id} ${row.what}${row.reason === undefined ? '' : ` (${row.reason})`}`)}`,
    );
  const lines = report.sections.map((section) => [
    section.id,
    section.status,
    `${section.totals.pass} pass of ${section.rows.length}`,
  ]);
  for (const line of table(lines)) io.out(line);
  for (const line of wrong) io.out(`WRONG  ${printable(line)}`);
  io.out(wrong.length === 0 ? 'The recount gives the same.' : 'The report does not add up.');
  return status;
}

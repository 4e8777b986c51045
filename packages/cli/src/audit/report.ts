/** The status of a row. `accepted-open` is a gap that cannot be closed here, with its reason. */
export type RowStatus = 'pass' | 'fail' | 'not-run' | 'open' | 'accepted-open' | 'not-applicable';

/** From the worst to the best: a section has the status of its worst row. Rows that are not applicable do not count beside others. */
const STATUSES: readonly RowStatus[] = ['fail', 'not-run', 'open', 'accepted-open', 'pass', 'not-applicable'];

/** A test that ran for a row, or a command that measured it. */
export interface Evidence {
  readonly test?: string;
  readonly name?: string;
  readonly command?: string;
  readonly status: 'pass' | 'fail' | 'not-run';
}

export interface AuditRow {
  readonly id: string;
  readonly level?: string;
  readonly what: string;
  readonly status: RowStatus;
  /** Why a row is open or not applicable. */
  readonly reason?: string;
  readonly evidence: readonly Evidence[];
  /** Figures that differ between runs. */
  readonly measured?: Readonly<Record<string, string | number>>;
}

export interface AuditSection {
  readonly id: string;
  readonly title: string;
  readonly status: RowStatus;
  readonly totals: Readonly<Record<RowStatus, number>>;
  readonly rows: readonly AuditRow[];
}

/** audit.json. */
export interface AuditReport {
  readonly schema: 'sotto-audit/1';
  readonly subject: {
    readonly commit: string | null;
    readonly tree: string | null;
    readonly dirty: boolean | null;
    readonly lockfile: string;
    /** SHA-256 of each file of the release. */
    readonly modules: Readonly<Record<string, string>>;
  };
  readonly kind: 'full' | 'quick' | 'partial';
  readonly sections: readonly AuditSection[];
  readonly result: 'PASSED' | 'WARNED' | 'FAILED';
  /** Facts about this run. Two reports of one commit may differ only here and in `measured`. */
  readonly run: Readonly<Record<string, string | number>>;
}

export function totalsOf(rows: readonly AuditRow[]): Record<RowStatus, number> {
  const count = (status: RowStatus): number => rows.filter((row) => row.status === status).length;
  return Object.fromEntries(STATUSES.map((status) => [status, count(status)])) as Record<RowStatus, number>;
}

/** The worst status of some rows; a section without rows was not run. */
export const worstOf = (rows: readonly Pick<AuditRow, 'status'>[]): RowStatus =>
  STATUSES.find((status) => rows.some((row) => row.status === status)) ?? 'not-run';

export const sectionOf = (id: string, title: string, rows: readonly AuditRow[]): AuditSection => ({
  id,
  title,
  status: worstOf(rows),
  totals: totalsOf(rows),
  rows,
});

export function resultOf({ kind, sections }: Pick<AuditReport, 'kind' | 'sections'>): AuditReport['result'] {
  const worst = worstOf(sections);
  if (worst === 'fail' || worst === 'not-run') return 'FAILED';
  return kind === 'full' && worst !== 'open' && worst !== 'accepted-open' ? 'PASSED' : 'WARNED';
}

/** 0 all rows pass or are open, 1 a row fails, 3 a row was not run. */
export function exitStatus({ sections }: Pick<AuditReport, 'sections'>): 0 | 1 | 3 {
  const worst = worstOf(sections);
  return worst === 'fail' ? 1 : worst === 'not-run' ? 3 : 0;
}

/** The status that the evidence of a row gives; null if the row has none. */
export function evidenceStatus(evidence: readonly Evidence[]): 'pass' | 'fail' | 'not-run' | null {
  if (evidence.length === 0) return null;
  if (evidence.some(({ status }) => status === 'fail')) return 'fail';
  return evidence.some(({ status }) => status === 'not-run') ? 'not-run' : 'pass';
}

/** The claims of a report that its rows do not support. It reads only the report. */
export function recount(report: AuditReport): string[] {
  const wrong: string[] = [];
  for (const { id, status, totals, rows } of report.sections) {
    for (const row of rows) {
      const shown = evidenceStatus(row.evidence);
      if (shown !== null && shown !== row.status)
        wrong.push(`${row.id}: ${row.status}, but its evidence is ${shown}`);
      if (shown === null && (row.status === 'pass' || row.status === 'fail'))
        wrong.push(`${row.id}: ${row.status} without evidence`);
      if (/open|applicable/.test(row.status) && (row.reason ?? '') === '')
        wrong.push(`${row.id}: ${row.status} without a reason`);
    }
    if (status !== worstOf(rows)) wrong.push(`section ${id}: ${status}, but its rows are ${worstOf(rows)}`);
    const counted = totalsOf(rows);
    for (const name of STATUSES)
      if (counted[name] !== totals[name])
        wrong.push(`section ${id}: ${totals[name]} ${name}, but ${counted[name]} rows`);
  }
  const result = resultOf(report);
  if (result !== report.result) wrong.push(`result: ${report.result}, but its sections give ${result}`);
  return wrong;
}

/** A report without the parts that differ between two runs of one commit. */
export const comparable = ({ run: _run, ...report }: AuditReport): unknown => ({
  ...report,
  sections: report.sections.map((section) => ({
    ...section,
    rows: section.rows.map(({ measured: _measured, ...row }) => row),
  })),
});

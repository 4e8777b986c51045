import type { AuditReport, AuditRow, AuditSection, Evidence } from '../../packages/cli/src/audit/report.ts';
import { escapeHtml } from '../support/report.ts';

const STYLE = `body{font:15px/1.45 system-ui,sans-serif;max-width:62rem;margin:1.5rem auto;padding:0 1rem;color:#1b1d22}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem;border-bottom:1px solid #999}
table{border-collapse:collapse;width:100%;font-size:13px;table-layout:fixed}
td,th{padding:3px 8px;border-bottom:1px solid #ddd;text-align:left;vertical-align:top;overflow-wrap:anywhere}
table.rows tr>:first-child{width:8.5rem}table.rows tr>:nth-child(2){width:7rem}
table.facts td:first-child{width:8.5rem}table.digests td:first-child{width:38%}
.fail,.not-run{color:#a01515;font-weight:600}.open,.accepted-open{color:#8a5a00;font-weight:600}.pass{color:#1c6b33}
.result{font-size:1.3rem}small{color:#555}tr{break-inside:avoid}
@media(max-width:40rem){table.rows{font-size:11px}table.rows tr>:first-child,table.rows tr>:nth-child(2){width:21%}td,th{padding:3px}}
@media print{body{margin:0;max-width:none;font-size:11px}table{font-size:9.5px}table.rows tr>:first-child{width:6.5rem}table.rows tr>:nth-child(2){width:5rem}h2{break-after:avoid}a{color:inherit}}`;

const spaced = (text: string): string => text.replaceAll('-', ' ');

const proof = ({ test, name, command, status }: Evidence): string => {
  const what =
    [test ?? command, name].filter((part) => part !== undefined).join(' “') +
    (name !== undefined && test !== undefined ? '”' : '');
  return `${status === 'pass' ? '' : `${spaced(status)}: `}${escapeHtml(what)}`;
};

const status = (text: string): string => `<span class="${text}">${spaced(text)}</span>`;

const anchored = (id: string): string => `<tr id="${id}"><td>${id}</td>`;
const linked = (id: string): string => `<tr><td><a href="#${id}">${id}</a></td>`;

function rowHtml(
  { id, level, what, status: state, reason, evidence, measured = {} }: AuditRow,
  first: (id: string) => string,
): string {
  const figures = Object.entries(measured).map(([name, value]) => `${name} ${value}`);
  const last = [
    ...evidence.map(proof),
    ...(reason === undefined ? [] : [escapeHtml(reason)]),
    ...figures.map(escapeHtml),
  ];
  const said = `${level === undefined ? '' : `<b>${level}</b> `}${escapeHtml(what)}`;
  return `${first(escapeHtml(id))}<td>${status(state)}</td><td>${said}</td><td><small>${last.join('<br>')}</small></td></tr>`;
}

const table = (rows: readonly AuditRow[], first: (id: string) => string): string =>
  `<table class="rows"><tr><th>row</th><th>status</th><th>what</th><th>evidence or reason</th></tr>${rows.map((row) => rowHtml(row, first)).join('\n')}</table>`;

/** `257 of 261 pass, 4 accepted open`. */
const totals = ({ totals: counts, rows }: AuditSection): string =>
  [
    `${counts.pass} of ${rows.length} pass`,
    ...Object.entries(counts)
      .filter(([name, n]) => name !== 'pass' && n > 0)
      .map(([name, n]) => `${n} ${spaced(name)}`),
  ].join(', ');

/** audit.html: one page without scripts and without anything to download, for a screen and for paper. */
export function auditPage(report: AuditReport): string {
  const { subject, sections, run } = report;
  const rows = sections.flatMap((section) => section.rows);
  const first = ['fail', 'not-run', 'open', 'accepted-open'].flatMap((state) =>
    rows.filter((row) => row.status === state),
  );
  const count = (state: string): number => rows.filter((row) => row.status === state).length;
  const facts: [string, string][] = [
    ['commit', subject.commit ?? 'not a checkout'],
    ['tree', subject.tree ?? 'not a checkout'],
    ['changed files', subject.dirty === null ? 'unknown' : subject.dirty ? 'yes' : 'none'],
    ['lockfile', subject.lockfile],
    ...Object.entries(run).map(([name, value]): [string, string] => [name, `${value}`]),
  ];
  const digests = Object.entries(subject.modules);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Sotto audit</title><style>${STYLE}</style></head><body>
<h1>Audit of Sotto</h1>
<p class="result">${status(report.result === 'FAILED' ? 'fail' : report.result === 'WARNED' ? 'open' : 'pass').replace(/>[^<]*</, `>${report.result}<`)}, a ${report.kind} run: ${count('pass')} of ${rows.length} rows pass, ${count('not-applicable')} are not applicable</p>
<p>This report was made by the project itself, by running its own tests. Nobody outside the project has audited Sotto. It says what is claimed, what shows it, and what is
open. <code>npm run audit -- --section NAME</code> runs one section again, <code>npx sotto audit audit.json</code> recounts this report, and <code>npm run test:audit</code> shows that rows fail when they should.</p>
<table class="facts">${facts.map(([name, value]) => `<tr><td>${name}</td><td>${escapeHtml(value)}</td></tr>`).join('')}</table>
<h2>Rows that do not pass</h2>
${first.length === 0 ? '<p>None.</p>' : table(first, linked)}
<h2>Sections</h2>
<table class="rows"><tr><th>section</th><th>status</th><th>what</th><th>rows</th></tr>${sections
    .map(
      (section) =>
        `<tr><td><a href="#section-${section.id}">${section.id}</a></td><td>${status(section.status)}</td><td>${escapeHtml(section.title)}</td><td>${totals(section)}</td></tr>`,
    )
    .join('\n')}</table>
${sections.map((section) => `<h2 id="section-${section.id}">${escapeHtml(section.title)}</h2>\n${table(section.rows, anchored)}`).join('\n')}
<h2>Digests of the release</h2>
<p>SHA-256 of what <code>npm run release</code> builds from this commit. They say nothing about what a deployment runs.</p>
<table class="digests">${digests.map(([name, value]) => `<tr><td>${escapeHtml(name)}</td><td><small>${value}</small></td></tr>`).join('\n')}</table>
</body></html>
`;
}

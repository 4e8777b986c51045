import { printable } from '../arguments.ts';
import type { Io } from '../io.ts';
import { SIGNS } from '../findings.ts';
import { styled } from '../style.ts';
import { table } from '../table.ts';
import type { Finding, Row } from './live.ts';

/** A row with its finding. */
export interface RowFinding extends Finding {
  readonly row: Row;
}

/** One JSON object of a row. */
export const asJson = ({ row, result, detail }: RowFinding): string =>
  JSON.stringify({
    id: row.id,
    class: row.class,
    level: row.level,
    result,
    what: row.title,
    detail: printable(detail),
  });

/** Prints all rows as a table. */
export function printTable(findings: readonly RowFinding[], io: Io): void {
  const lines = table(
    findings.map(({ row, result, detail }) => [
      row.id,
      SIGNS[result],
      row.level,
      row.title,
      printable(detail),
    ]),
  );
  for (const [i, line] of lines.entries())
    io.out(findings[i]?.result === 'fail' ? styled(io, 'red', line) : line);
}

/** The rows without their result, for `--list`. */
export function printList(rows: readonly Row[], json: boolean, io: Io): void {
  if (json) {
    for (const { id, class: needs, level, title } of rows)
      io.out(JSON.stringify({ id, class: needs, level, what: title }));
    return;
  }
  for (const line of table(
    rows.map(({ id, class: needs, level, title }) => [id, `class ${needs}`, level, title]),
  ))
    io.out(line);
}

const escaped = (text: string): string =>
  printable(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');

/** The findings as JUnit XML. A check without a result is reported as skipped, and a warning as output. */
export function junit(findings: readonly RowFinding[]): string {
  const count = (result: Finding['result']): number =>
    findings.filter((finding) => finding.result === result).length;
  const cases = findings.map(({ row, result, detail }) => {
    const name = `<testcase classname="sotto.probe.class${row.class}" name="${escaped(`${row.id} ${row.level}: ${row.title}`)}"`;
    const text = escaped(detail);
    if (result === 'fail') return `${name}><failure message="${text}"/></testcase>`;
    if (result === 'cannot-tell') return `${name}><skipped message="${text}"/></testcase>`;
    return `${name}><system-out>${result}: ${text}</system-out></testcase>`;
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuite name="sotto probe" tests="${findings.length}" failures="${count('fail')}" skipped="${count('cannot-tell')}">`,
    ...cases.map((line) => `  ${line}`),
    '</testsuite>',
    '',
  ].join('\n');
}

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { table } from '../docs/markdown.ts';

const root = path.resolve(import.meta.dirname, '../..');

/** A test, by its file and a part of its name. */
export interface TestReference {
  readonly file: string;
  readonly name: string;
}

/** A requirement of a standard: tests that show it, or the reason why there is none. */
export interface StandardRow {
  readonly id: string;
  readonly section: string;
  /** A keyword of BCP 14, or `derived` for a requirement without one. */
  readonly level: string;
  readonly who: string;
  readonly what: string;
  readonly tests?: readonly TestReference[];
  readonly reason?: string;
}

/** A file of specs/standards. */
export interface Standard {
  readonly document: string;
  readonly title: string;
  /** Which text the rows were taken from. */
  readonly source: string;
  readonly rows: readonly StandardRow[];
}

const FILES = [
  'rfc9458',
  'rfc9292',
  'chunked-ohttp',
  'rfc9540',
  'rfc9577',
  'rfc9578',
  'batched-tokens',
  'rfc9497',
];

/** The standards, in the order of the page. */
export const STANDARDS: readonly Standard[] = FILES.map(
  (file) => JSON.parse(readFileSync(path.join(root, 'specs/standards', `${file}.json`), 'utf8')) as Standard,
);

/** The heading under which specs/requirements.md is generated to its end. */
const HEADING = '# Standards';

const NOTE =
  'This part is generated from `specs/standards/*.json`: change a row there, and run `npm run requirements`. Each sentence of these documents with MUST, SHALL, SHOULD or RECOMMENDED is a row; `derived` marks a requirement without a keyword.';

export const headingOf = ({ document, title }: Standard): string => `${document}: ${title}`;

const cell = ({ tests = [], reason = '' }: StandardRow): string =>
  tests.length === 0 ? reason : tests.map(({ file, name }) => `\`${file}\` “${name}”`).join(' ');

/** specs/requirements.md with its generated part made anew. */
export function requirementsPage(current: string): string {
  const [written = ''] = current.split(`\n${HEADING}\n`);
  const parts = STANDARDS.flatMap((standard) => [
    `## ${headingOf(standard)}`,
    '',
    `Source: ${standard.source}.`,
    '',
    ...table(
      ['id', 'level', 'who', 'what', 'test'],
      standard.rows.map((row) => [row.id, row.level, row.who, row.what, cell(row)]),
    ),
    '',
  ]);
  return `${[written.trimEnd(), '', HEADING, '', NOTE, '', ...parts].join('\n').trimEnd()}\n`;
}

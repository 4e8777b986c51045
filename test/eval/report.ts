import { bare, type Query } from './data.ts';
import { DEPTH, type Row } from './measure.ts';

/** A query without an expected result among the first ten. */
export interface Miss {
  readonly track: string;
  readonly locale: string;
  readonly query: string;
  readonly expect: readonly string[];
  readonly found: readonly string[];
}

/** The queries of a track that miss. */
export function missesOf(
  { track, locale }: Pick<Row, 'track' | 'locale'>,
  queries: readonly Query[],
  results: readonly (readonly string[])[],
): Miss[] {
  return queries.flatMap(({ query, expect }, i) => {
    const found = (results[i] ?? []).slice(0, Math.min(10, DEPTH));
    const wanted = new Set(expect.map(bare));
    return found.some((emoji) => wanted.has(bare(emoji))) ? [] : [{ track, locale, query, expect, found }];
  });
}

const HEAD = ['track', 'locale', 'queries', 'novel %', 'hit@1', 'hit@10', 'MRR', 'nothing %'];
const BASELINES = ['MiniSearch hit@10', 'plain picker hit@10'];

const cellsOf = (row: Row, picker: ReadonlyMap<string, number>): (string | number)[] => [
  row.track,
  row.locale,
  row.queries,
  row.novel,
  row.hit1,
  row.hit10,
  row.mrr,
  row.nothing,
  row.baseline_hit10 ?? '–',
  picker.get(`${row.track} ${row.locale}`) ?? '–',
];

/** The rows as a table of text. */
export function textTable(rows: readonly Row[], picker: ReadonlyMap<string, number>): string {
  const table = [[...HEAD, ...BASELINES], ...rows.map((row) => cellsOf(row, picker))];
  const widths = [...HEAD, ...BASELINES].map((_, i) =>
    Math.max(...table.map((row) => String(row[i]).length)),
  );
  return table
    .map((row) =>
      row
        .map((cell, i) => aligned(String(cell), widths[i] ?? 0, i))
        .join('  ')
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('');
}

const aligned = (cell: string, width: number, column: number): string =>
  column < 2 ? cell.padEnd(width) : cell.padStart(width);

/** The result in one sentence. */
export function sentence(rows: readonly Row[]): string {
  const of = (track: string, locale = 'all'): Row | undefined =>
    rows.find((row) => row.track === track && row.locale === locale);
  const everyday = of('everyday held-out');
  const synonyms = of('unseen synonyms', 'en');
  const names = of('names', 'en');
  return (
    `Of ${everyday?.queries ?? 0} everyday queries that no change was tuned on, in 17 languages, ${everyday?.hit10 ?? 0} % have a wanted ` +
    `sticker among the first ten and ${everyday?.nothing ?? 0} % find nothing; of English synonyms that no list has, ` +
    `${synonyms?.hit10 ?? 0} % (MiniSearch: ${synonyms?.baseline_hit10 ?? 0} %); of Slack's names that CLDR lacks, ${names?.hit10 ?? 0} % ` +
    `(MiniSearch: ${names?.baseline_hit10 ?? 0} %).`
  );
}

const escaped = (text: string): string => text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);

const row = (cells: readonly (string | number)[], tag = 'td'): string =>
  `<tr>${cells.map((cell) => `<${tag}>${escaped(String(cell))}</${tag}>`).join('')}</tr>`;

/** All tracks with their missed queries, as one page of HTML without scripts. */
export function htmlReport(
  rows: readonly Row[],
  picker: ReadonlyMap<string, number>,
  misses: readonly Miss[],
): string {
  const groups = [...Map.groupBy(misses, ({ track, locale }) => `${track} · ${locale}`)].map(
    ([title, list]) =>
      `<details><summary>${escaped(title)}: ${list.length} misses</summary><table>${row(['query', 'wanted', 'first ten'], 'th')}${list
        .map(({ query, expect, found }) => row([query, expect.join(' '), found.join(' ')]))
        .join('')}</table></details>`,
  );
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Sticker search: evaluation</title>
<style>body{font:15px/1.5 system-ui;margin:2rem auto;max-width:70rem;padding:0 1rem}table{border-collapse:collapse}
td,th{padding:.2rem .6rem;border-bottom:1px solid #ccc;text-align:left}summary{cursor:pointer;padding:.3rem 0}</style>
<h1>Sticker search: evaluation</h1><p>${escaped(sentence(rows))}</p>
<table>${row([...HEAD, ...BASELINES], 'th')}${rows.map((one) => row(cellsOf(one, picker))).join('')}</table>
<h2>Misses</h2>${groups.join('\n')}</html>\n`;
}

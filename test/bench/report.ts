import { writeFileSync } from 'node:fs';
import { barChart, htmlReport } from '../support/report.ts';
import { growthSections, growthSentences } from './growth/report.ts';
import { median } from './measure.ts';
import type { Figure, Measured } from './row.ts';

/** The peer of the rows of e2e and of search.languages.first. It is no package, so the sentence does not count it among them. */
export const BARE = 'bare exchange';

const MOST_NAMED = 8; // parts of a row
const QUIET = 5000; // milliseconds between lines of progress where no terminal shows them
const UNSTEADY = 0.1; // spread

const HEAD = ['row', 'runtime', 'ours µs', 'peer µs', 'ratio', 'spread', 'limit µs', 'peer'];
const WIDTHS = [24, -8, 9, 9, 8, 7, 9, 0]; // negative: on the left
const LEGEND = [
  'Every row is measured in three to seven starts, more while they differ: in isolates that have run nothing else, once their code is',
  '  optimized; issuer.cold, in new isolates; page.batch, in new pages; e2e, three times in services that are started anew. Growth has',
  '  rounds instead of starts.',
  'ours, peer: microseconds of CPU of one call, the median of the rounds, and of the starts. Rows of Chromium, e2e.search (and its parts)',
  '  and e2e.search.throughput are time on the clock; .task is the longest task of the main thread of a page, while it ran.',
  'ratio: ours / peer, taken in each round, in which both take turns; the median of the rounds, and of the starts. Below 1, ours is faster.',
  '  Of a row with sizes: the cost beside that of its smallest size.',
  'spread: how far another run may differ, as a share of the median: three times the middle half of the starts (of growth, the rounds) by the root',
  '  of their number, of the ratios, or of ours without a peer. A row over 10 % is marked "unsteady": the machine',
  '  was busy, so run it again with --only.',
  'limit: the bare primitives of the platform for the same work, which no code can beat.',
  'bare exchange: a floor. Of e2e, as many hops through workerd, with messages of the same lengths and header fields, in which there is',
  '  only what no such exchange can do without: WebCrypto’s X25519, ML-KEM, HKDF and AES-GCM, libsodium’s multiplications, and one row',
  '  written. .cpu.relay is a relay before a gateway outside of workerd that answers at once, .cpu.search the service alone. That of',
  '  search.languages.first (the mean of the slowest tenth of the languages) is a Worker that reads the same files and searches nothing.',
  '  The ratio of e2e.search and .throughput is that of the fastest tenth: on a busy machine every call waits, and that is not ours.',
  'of ours: parts of the row above. They have no peer, and disk and transport are facts of the machine, so --compare leaves them out.',
];

const rounded = (n: number | null): number | null => (n === null ? null : Number(n.toPrecision(4)));

const roundedAll = (each: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(each).map(([name, us]) => [name, rounded(us) ?? 0]));

/** Reports figures on standard output, as a table or as one JSON object a line, and progress on standard error. */
export function reporter(json: boolean) {
  const terminal = process.stderr.isTTY;
  const figures: Figure[] = [];
  let said = 0;
  if (!json) console.log(line(HEAD));
  function progress(text: string): void {
    if (terminal) process.stderr.write(`\r\u001b[K${text}`);
    else if (performance.now() - said > QUIET) {
      said = performance.now();
      process.stderr.write(`${text}\n`);
    }
  }

  function report(
    runtime: Figure['runtime'],
    { name, peer }: { readonly name: string; readonly peer: string | null },
    m: Measured,
  ): void {
    const figure: Figure = {
      name,
      runtime,
      ours_us: rounded(m.ours_us) ?? 0,
      peer,
      peer_us: rounded(m.peer_us),
      ratio: rounded(m.ratio),
      spread: rounded(m.spread),
      unsteady: isUnsteady(m),
      limit_us: rounded(m.limit_us),
      ...(m.size === undefined ? {} : { size: m.size }),
      ...(m.relative === undefined ? {} : { relative: rounded(m.relative) ?? 0 }),
      ...(m.each_us === undefined ? {} : { each_us: roundedAll(m.each_us) }),
      ...(m.parts_us === undefined ? {} : { parts_us: roundedAll(m.parts_us) }),
      ...(m.growth_bytes === undefined ? {} : { growth_bytes: m.growth_bytes }),
    };
    figures.push(figure);
    if (terminal) process.stderr.write('\r\u001b[K');
    console.log(json ? JSON.stringify(figure) : line(cellsOf(figure)));
    if (!json && figure.each_us !== undefined) console.log(worst(figure.each_us));
    if (!json && figure.parts_us !== undefined) console.log(partsOf(figure.parts_us));
    if (!json && m.growth_bytes !== undefined)
      console.log(`    memory grew by ${(m.growth_bytes / 1e6).toPrecision(3)} MB`);
  }

  /** Explains the columns, prints the result in one sentence, and writes the report. */
  function finish(htmlFile: string | undefined): void {
    if (!json) {
      console.log(['', ...LEGEND, '', sentence(figures), ...growthSentences(figures)].join('\n').trimEnd());
    }
    const unsteady = figures.filter(isUnsteady).map(({ name, runtime }) => `${name} (${runtime})`);
    if (unsteady.length > 0) process.stderr.write(`${unsteady.length} unsteady: ${unsteady.join(', ')}\n`);
    if (htmlFile !== undefined) writeFileSync(htmlFile, page(figures));
  }

  return { report, progress, finish };
}

function cellsOf(figure: Figure): string[] {
  const { runtime, ours_us, peer, peer_us, ratio, relative, spread, limit_us, size } = figure;
  const name = size === undefined ? figure.name : `${figure.name} ${size}`;
  const unsteady = isUnsteady(figure) ? ' unsteady' : '';
  const percent = spread === null ? '' : `${Math.round(spread * 100)} %`;
  return [
    name,
    runtime,
    ours_us,
    peer_us,
    ratio ?? relative,
    percent,
    limit_us,
    `${peer ?? ''}${unsteady}`,
  ].map((cell) => String(cell ?? ''));
}

export const isUnsteady = ({ spread }: Pick<Measured, 'spread'>): boolean =>
  spread !== null && spread > UNSTEADY;

function line(cells: readonly string[]): string {
  const padded = cells.map((cell, i) => {
    const width = WIDTHS[i] ?? 0;
    return i === 0 || width < 0 ? cell.padEnd(Math.abs(width)) : cell.padStart(width);
  });
  return padded.join('  ').trimEnd();
}

/** The slowest parts of a row, as many as fit on a line. */
function worst(each: Readonly<Record<string, number>>): string {
  const sorted = Object.entries(each).toSorted(([, a], [, b]) => b - a);
  return `    of ${sorted.length}: ${sorted
    .slice(0, MOST_NAMED)
    .map(([name, us]) => `${name} ${us}`)
    .join(', ')}`;
}

const partsOf = (parts: Readonly<Record<string, number>>): string =>
  `    of ours: ${Object.entries(parts)
    .map(([name, us]) => `${name} ${us}`)
    .join(', ')}`;

/** The run in one sentence that a person can quote. */
export function sentence(figures: readonly Figure[]): string {
  const compared = figures.filter(({ ratio, peer }) => ratio !== null && peer !== BARE);
  const parts: string[] = [];
  if (compared.length > 0) {
    const ratios = compared.map(({ ratio }) => ratio ?? 0);
    const at = (ratio: number): string => {
      const { name = '', runtime = '' } = compared.find((figure) => figure.ratio === ratio) ?? {};
      return `${ratio.toPrecision(2)} (${name}, ${runtime})`;
    };
    parts.push(
      `Sotto took ${median(ratios).toPrecision(2)} of the other packages' time in the median of ${compared.length} comparisons, from ${at(Math.min(...ratios))} to ${at(Math.max(...ratios))}`,
    );
  }
  const cpu = figures.find(({ name }) => name === 'e2e.search.cpu');
  if (cpu !== undefined) {
    const ms = (us: number): string => (us / 1000).toPrecision(2);
    const floor = cpu.peer_us === null ? '' : ` (a bare exchange: ${ms(cpu.peer_us)})`;
    parts.push(`one private search cost ${ms(cpu.ours_us)} ms of CPU in all four services${floor}`);
  }
  return parts.length === 0 ? '' : `In this run, ${parts.join(', and ')}.`;
}

function page(figures: readonly Figure[]): string {
  const barsOf = (isWanted: (peer: string | null) => boolean) =>
    figures.flatMap(({ name, runtime, ratio, peer }) =>
      ratio === null || !isWanted(peer)
        ? []
        : [{ name: `${name} ${runtime === 'workerd' ? 'wd' : runtime}`, value: ratio }],
    );
  const charts = [
    { title: 'Our time / the peer’s (the line is 1)', bars: barsOf((peer) => peer !== BARE) },
    { title: 'Our time / the bare exchange’s (the line is 1)', bars: barsOf((peer) => peer === BARE) },
  ];
  return htmlReport('Sotto: npm run bench', [
    { text: sentence(figures) },
    ...charts
      .filter(({ bars }) => bars.length > 0)
      .map((chart) => ({ chart: barChart({ ...chart, unit: '', reference: 1 }) })),
    ...growthSections(figures),
    { table: [HEAD, ...figures.map(cellsOf)] },
    { text: LEGEND.map((text) => text.trim()).join(' ') },
  ]);
}

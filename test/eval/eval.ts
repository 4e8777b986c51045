import { readFileSync, writeFileSync } from 'node:fs';
import { ensureCatalogue } from '../../services/stickers/catalogue/ensure.ts';
import { flags } from '../support/flags.ts';
import { type Everyday, everydayDigest, everydayQueries } from './everyday.ts';
import { miniSearch, plainPicker } from './baselines.ts';
import { bare, cldr, novelty, type Query } from './data.ts';
import { type Live, startStickers } from './live.ts';
import { DEPTH, percent, type Row, score } from './measure.ts';
import { regionTracks } from './regions.ts';
import { htmlReport, type Miss, missesOf, sentence, textTable } from './report.ts';
import { developmentTracks, narrowingWords, type Track } from './tracks.ts';
import { synonymsDigest, unseenSynonyms } from './unseen.ts';

const USAGE = `Usage: npm run eval -- [--json] [--html FILE] [--queries FILE.json --locale L]

Measures how good sticker search is, through the live Worker over HTTP on loopback. Without --queries: the
development tracks. With it: any other set, a JSON list of {"query", "expect": [emoji]}, asked in locale L.
--json prints one object a line on standard output; --html writes all tracks, with what they miss, as a page. Exit status 1 when a target is missed.`;

const NARROWING_WORDS = 60;
const AT_ONCE = 8;

/** The queries that the tracks missed, for the page. */
const missed: Miss[] = [];

const say = (line: string): void => void process.stderr.write(`${line}\n`);

/** The minimum that each track must reach. A row below it is a failure. */
function misses(rows: readonly Row[], picker: ReadonlyMap<string, number>): string[] {
  const of = (track: string): Row | undefined => rows.find((row) => row.track === track);
  const failed: string[] = [];
  const want = (what: string, have: number | undefined, least: number): void => {
    if (have !== undefined && have < least)
      failed.push(`${what}: ${have}, wanted ${Math.round(least * 10) / 10}`);
  };
  want('names hit@10', of('names')?.hit10, 93);
  want('typos hit@10', of('typos')?.hit10, 0.92 * (of('typos-clean')?.hit10 ?? 0));
  want('joypixels hit@10', of('joypixels')?.hit10, (of('joypixels')?.baseline_hit10 ?? 0) + 5);
  want('emoji hit@1', of('emoji')?.hit1, 100);
  want('narrowing', of('narrowing')?.hit10, 100);
  for (const row of rows)
    if (row.track === 'self-retrieval') want(`own names in ${row.locale}, hit@1`, row.hit1, 95);
  for (const row of rows)
    if (row.track === 'people') want(`everyday queries in ${row.locale}, hit@10`, row.hit10, 95);
  want('names hit@10 over the plain picker', of('names')?.hit10, picker.get('names') ?? 0);
  return failed;
}

/** Sends every query, several at a time. */
async function ask(live: Live, queries: readonly Query[], locale: string): Promise<string[][]> {
  const results: string[][] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let i = next++; i < queries.length; i = next++) {
      const found = await live.search(queries[i]?.query ?? '', locale, DEPTH);
      results[i] = found.map(({ emoji }) => emoji);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return results;
}

async function measure(live: Live, { track, locale, queries, novel, baseline }: Track): Promise<Row> {
  say(`${track} ${locale}: ${queries.length} queries`);
  const results = await ask(live, queries, locale);
  missed.push(...missesOf({ track, locale }, queries, results));
  const found = score(queries, results);
  if (baseline === null)
    return { track, locale, queries: queries.length, novel, ...found, baseline_hit10: null };
  const mini = miniSearch(baseline);
  const beside = score(
    queries,
    queries.map(({ query }) => mini(query)),
  );
  return { track, locale, queries: queries.length, novel, ...found, baseline_hit10: beside.hit10 };
}

/** Everyday queries: a row for each half by language, by kind and over all. Only the tuning half may guide a change. */
async function everyday(live: Live): Promise<Row[]> {
  const queries = everydayQueries();
  say(`everyday: ${queries.length} queries, SHA-256 ${everydayDigest()}`);
  const found = new Map<Everyday, string[]>();
  for (const [locale, own] of Map.groupBy(queries, (query) => query.locale)) {
    const results = await ask(live, own, locale);
    own.forEach((query, i) => found.set(query, results[i] ?? []));
    for (const half of ['tuning', 'held-out']) {
      const of = own.filter((query) => query.half === half);
      const lists = of.map((query) => found.get(query) ?? []);
      missed.push(...missesOf({ track: `everyday ${half}`, locale }, of, lists));
    }
  }
  const row = (half: string, part: string, of: readonly Everyday[]): Row => ({
    track: `everyday ${half}`,
    locale: part,
    queries: of.length,
    novel: 0,
    ...score(
      of,
      of.map((query) => found.get(query) ?? []),
    ),
    baseline_hit10: null,
  });
  return [...Map.groupBy(queries, ({ half }) => half)].flatMap(([half, own]) => [
    row(half, 'all', own),
    ...[...Map.groupBy(own, ({ locale }) => locale)].map(([locale, of]) => row(half, locale, of)),
    ...[...Map.groupBy(own, ({ kind }) => kind)].map(([kind, of]) => row(half, `all: ${kind}`, of)),
  ]);
}

/** Regional phrases, searched in indexes that were built without regions. */
function regions(known: ReadonlySet<string>): Row[] {
  return regionTracks(known).map(({ locale, queries, results }) => {
    const row = { track: 'regions held out', locale, queries: queries.length, novel: 100 };
    missed.push(...missesOf(row, queries, results));
    return { ...row, ...score(queries, results), baseline_hit10: null };
  });
}

/** Every prefix of a word strictly finds all stickers that the word strictly finds. */
async function narrowing(live: Live, words: readonly string[]): Promise<Row> {
  say(`narrowing en: ${words.length} words`);
  let [steps, good] = [0, 0];
  const queue = [...words];
  const worker = async (): Promise<void> => {
    for (let word = queue.pop(); word !== undefined; word = queue.pop()) {
      let wider: ReadonlySet<string> | null = null;
      for (let n = 1; n <= word.length; n++) {
        const hits = await live.search(word.slice(0, n), 'en', Infinity);
        const found = new Set(hits.filter(({ strict }) => strict).map(({ id }) => id));
        if (wider !== null) {
          steps++;
          if ([...found].every((id) => wider?.has(id) === true)) good++;
        }
        wider = found;
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  const share = percent(good, steps);
  return {
    track: 'narrowing',
    locale: 'en',
    queries: steps,
    novel: 0,
    hit1: share,
    hit10: share,
    mrr: share,
    nothing: 0,
    baseline_hit10: null,
  };
}

function readQueries(file: string): Query[] {
  const list = JSON.parse(readFileSync(file, 'utf8').replace(/^\ufeff/, '')) as unknown;
  const fine =
    Array.isArray(list) &&
    list.every(
      (row: Partial<Query> | null) =>
        typeof row?.query === 'string' &&
        Array.isArray(row.expect) &&
        row.expect.every((e) => typeof e === 'string'),
    );
  if (!fine) throw new Error(`${file} is not a list of {"query", "expect": [emoji]}`);
  return list as Query[];
}

async function main(): Promise<number> {
  const values = flags(USAGE, {
    json: { type: 'boolean' },
    html: { type: 'string' },
    queries: { type: 'string' },
    locale: { type: 'string' },
  });
  if (values.locale !== undefined && values.queries === undefined)
    throw new Error('--locale goes with --queries');
  await ensureCatalogue(say);
  const live = await startStickers();
  try {
    const known = new Set(
      (await live.search('', 'en', Infinity)).flatMap(({ emoji }) => (emoji === '' ? [] : [bare(emoji)])),
    );
    const tracks =
      values.queries === undefined
        ? [...developmentTracks(known), unseenSynonyms(known)]
        : [given(values.queries, values.locale ?? 'en', known)];
    const rows: Row[] = [];
    const picker = new Map<string, number>();
    const add = (row: Row): void => {
      rows.push(row);
      if (values.json === true) process.stdout.write(`${JSON.stringify(row)}\n`);
    };
    for (const track of tracks) {
      add(await measure(live, track));
      if (track.baseline !== null) {
        const plain = plainPicker(track.baseline);
        const { hit10 } = score(
          track.queries,
          track.queries.map(({ query }) => plain(query)),
        );
        picker.set(`${track.track} ${track.locale}`, hit10);
      }
    }
    if (values.queries === undefined) {
      add(await narrowing(live, narrowingWords(known, NARROWING_WORDS)));
      say(`unseen synonyms: SHA-256 ${synonymsDigest()}`);
      for (const row of regions(known)) add(row);
      for (const row of await everyday(live)) add(row);
    }
    if (values.html !== undefined) writeFileSync(values.html, htmlReport(rows, picker, missed));
    if (values.json !== true) process.stdout.write(textTable(rows, picker));
    if (values.json !== true && values.queries === undefined)
      process.stdout.write(`${sentence(rows)}
`);
    const failed = values.queries === undefined ? misses(rows, picker) : [];
    for (const line of failed) say(`missed: ${line}`);
    return failed.length > 0 ? 1 : 0;
  } finally {
    await live.stop();
  }
}

/** A set from another place, measured as it is. */
function given(file: string, locale: string, known: ReadonlySet<string>): Track {
  const queries = readQueries(file);
  const base = [locale, locale.split('-')[0] ?? locale].flatMap((tag) => {
    try {
      return [cldr([tag], known)];
    } catch {
      return [];
    }
  });
  const [named = cldr(['en'], known)] = base.toReversed();
  const novel = percent(queries.filter(novelty(named)).length, queries.length);
  return { track: 'queries', locale, queries, novel, baseline: named };
}

try {
  process.exitCode = await main();
} catch (error) {
  say(`eval: ${(error as Error).message}`);
  process.exitCode = 2;
}

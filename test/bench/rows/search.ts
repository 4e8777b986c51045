import MiniSearch from 'minisearch';
import { openCatalogue, type Catalogue } from '../../../services/stickers/src/catalogue.ts';
import { summary } from '../measure.ts';
import type { Measured, Row } from '../row.ts';

/** What both engines load: our catalogue, and MiniSearch's index of the same names and keywords as JSON. */
export interface SearchData {
  readonly archive: Uint8Array;
  readonly art: Uint8Array;
  readonly peer: string;
}

export const PEER_OPTIONS = { fields: ['name', 'keywords'], searchOptions: { prefix: true, fuzzy: 0.2 } };

/** What people type: one word, two, a half, a slip of a finger, and things that are nowhere. */
const QUERIES = [
  'cat/happy/heart/dog/fire/tree/flag/sun/pizza/ghost/party/rain',
  'happy cat/red heart/crying face/thumbs up/birthday cake/green apple/sleeping cat',
  'hap/bir/s/sa/sad/umb/roc/star s/cat f',
  'hapy/haert/brithday/umbrela/elefant/pizzza/chrismas tre',
  'zzzz/qwertyuiop/happy qqqq/a very long query of many words that nobody wrote',
].flatMap((line) => line.split('/'));
const TIMES = 12; // each query, so that a clock of a millisecond will do
/**
 * Ways to write a query that mean the same, so that the search does not answer from the queries it keeps. There are
 * more of them than it keeps.
 */
const SPACINGS = Array.from({ length: 18 * 18 }, (_, i): [string, string] => [
  ' '.repeat(i % 18),
  ' '.repeat(Math.floor(i / 18)),
]);
let spacing = 0;
function spaced(query: string): string {
  const [before, after] = SPACINGS[spacing++ % SPACINGS.length] ?? ['', ''];
  return before + query + after;
}
const ROUNDS = 5;

/** Queries at the middle and the end of the scale, and making an index ready from its bytes. */
export function searchRows({ archive, art, peer }: SearchData): Row[] {
  const load = (): Catalogue => {
    const catalogue = openCatalogue(archive, art);
    catalogue.search.search('cat', { locale: 'en', limit: 1 });
    return catalogue;
  };
  const loadPeer = (): MiniSearch => MiniSearch.loadJSON(peer, PEER_OPTIONS);
  let opened: { ours: Catalogue; theirs: MiniSearch } | undefined;
  const engines = () => (opened ??= { ours: load(), theirs: loadPeer() });
  const again = (query: string): unknown => engines().ours.search.search(query, { locale: 'en', limit: 24 });
  const ours = (query: string): unknown => again(spaced(query));
  const theirs = (query: string): unknown => engines().theirs.search(query).slice(0, 24);
  const check = async (): Promise<void> => {
    for (const find of [ours, theirs]) {
      if ((find('cat') as unknown[]).length === 0) throw new Error('search: a cat is nowhere');
    }
  };
  const quantileRow = (name: string, share: number, find = ours): Row => ({
    name,
    peer: 'minisearch',
    ours: () => find('happy cat'),
    theirs: () => theirs('happy cat'),
    check,
    timed: async (now) => quantiles({ ours: find, theirs }, share, now),
  });
  return [
    quantileRow('search.query.p50', 0.5),
    quantileRow('search.query.p99', 0.99),
    quantileRow('search.query.again.p50', 0.5, again),
    quantileRow('search.query.again.p99', 0.99, again),
    {
      name: 'search.query.p99.worst',
      peer: 'minisearch',
      ours: () => ours('happy cat'),
      theirs: () => theirs('happy cat'),
      check,
      timed: async (now) => worstLocale(engines().ours, theirs, now),
    },
    { name: 'search.load', peer: 'minisearch', ours: load, theirs: loadPeer, check },
  ];
}

function quantiles(
  { ours, theirs }: { ours: (query: string) => unknown; theirs: (query: string) => unknown },
  share: number,
  now: () => number,
): Measured {
  const rounds: number[][] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const at = (find: (query: string) => unknown): number => {
      const times = QUERIES.map((query) => {
        const began = now();
        for (let i = 0; i < TIMES; i++) find(query);
        return ((now() - began) * 1000) / TIMES;
      });
      return times.toSorted((a, b) => a - b)[Math.floor(share * (times.length - 1))] ?? 0;
    };
    rounds.push([at(ours), at(theirs)]);
  }
  return summary(rounds);
}

const STICKERS = 6; // whose names are asked for, a locale
const LOCALE_TIMES = 4; // each query
const LOCALE_ROUNDS = 3; // of which the fastest counts: another process's turn is nobody's query
const MIXED = ['en', 'es', 'de', 'ru', 'ar', 'hi', 'zh', 'ja']; // whose names are asked for in no locale

/** p99 of every locale, and of none, over what people type on their way to a name; the worst is the row. */
function worstLocale({ search }: Catalogue, theirs: (query: string) => unknown, now: () => number): Measured {
  const namesIn = (locale: string, most: number): string[] => {
    const all = search.results('', { locale });
    const step = Math.floor(all.total / most);
    return Array.from({ length: most }, (_, i) => all.at(Math.floor(i * step)).name);
  };
  const p99 = (queries: readonly string[], find: (query: string) => unknown): number => {
    const times = queries.map((query) => {
      const rounds = Array.from({ length: LOCALE_ROUNDS }, () => {
        const began = now();
        for (let i = 0; i < LOCALE_TIMES; i++) find(spaced(query));
        return ((now() - began) * 1000) / LOCALE_TIMES;
      });
      return Math.min(...rounds);
    });
    return times.toSorted((a, b) => a - b)[Math.floor(0.99 * (times.length - 1))] ?? 0;
  };
  const each: Record<string, number> = {};
  for (const locale of search.languages) {
    const queries = waysTo(namesIn(locale, STICKERS));
    for (const query of queries) search.search(query, { locale, limit: 24 }); // blocks are read when first reached
    each[locale] = Math.round(p99(queries, (query) => search.search(query, { locale, limit: 24 })));
  }
  const mixed = waysTo(MIXED.flatMap((locale) => namesIn(locale, 2)));
  for (const query of mixed) search.search(query, { limit: 24 });
  each['none'] = Math.round(p99(mixed, (query) => search.search(query, { limit: 24 })));
  const ours_us = Math.max(...Object.values(each));
  const peer_us = p99(waysTo(namesIn('en', STICKERS)), theirs);
  return { ours_us, peer_us, ratio: ours_us / peer_us, spread: null, limit_us: null, each_us: each };
}

/** A name as people come to it: letter by letter, whole, with a letter lost, with one too many, beside another. */
function waysTo(names: readonly string[]): string[] {
  const ways = names.flatMap((name, i) => {
    const middle = name.length >> 1;
    const [other = ''] = (names[(i + 1) % names.length] ?? '').split(' ');
    const less = name.slice(0, middle) + name.slice(middle + 1);
    const more = `${name.slice(0, middle)}x${name.slice(middle)}`;
    return [name, name.slice(0, 1), name.slice(0, 2), name.slice(0, 3), less, more, `${name} ${other}`];
  });
  return [...new Set(ways)];
}

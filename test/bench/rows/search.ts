import MiniSearch from 'minisearch';
import { openCatalogue, type Catalogue } from '../../../services/stickers/src/catalogue.ts';
import type { Case, Cases, Row } from '../row.ts';

/**
 * The data that both engines load: our catalogue, and MiniSearch's index of the same names and keywords as
 * JSON.
 */
export interface SearchData {
  readonly archive: Uint8Array;
  readonly art: Uint8Array;
  readonly peer: string;
}

export const PEER_OPTIONS = { fields: ['name', 'keywords'], searchOptions: { prefix: true, fuzzy: 0.2 } };

/** Typical queries: one word, two words, a prefix, a typo, and words without results. */
export const QUERIES = [
  'cat/happy/heart/dog/fire/tree/flag/sun/pizza/ghost/party/rain',
  'happy cat/red heart/crying face/thumbs up/birthday cake/green apple/sleeping cat',
  'hap/bir/s/sa/sad/umb/roc/star s/cat f',
  'hapy/haert/brithday/umbrela/elefant/pizzza/chrismas tre',
  'zzzz/qwertyuiop/happy qqqq/a very long query of many words that nobody wrote',
].flatMap((line) => line.split('/'));
/**
 * Different spellings of spaces in one query, so that its result is not in the search's cache. There are more
 * of them than the cache has entries.
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
  const queryRow = (name: string, cases: () => Cases): Row => ({
    name,
    peer: 'minisearch',
    ours: () => ours('happy cat'),
    theirs: () => theirs('happy cat'),
    check,
    cases,
    semiSpace: 16,
  });
  const queries = (name: string, find: (query: string) => unknown): Cases => ({
    quantiles: [
      { name: `${name}.p50`, share: 0.5 },
      { name: `${name}.p99`, share: 0.99 },
    ],
    ours: casesOf('en', QUERIES, find),
    theirs: casesOf('en', QUERIES, theirs),
  });
  return [
    queryRow('search.query', () => queries('search.query', ours)),
    queryRow('search.query.again', () => queries('search.query.again', again)),
    queryRow('search.query.p99.worst', () => everyLocale(engines().ours, theirs)),
    { name: 'search.load', peer: 'minisearch', ours: load, theirs: loadPeer, check, isOneCall: true },
  ];
}

const casesOf = (group: string, queries: readonly string[], find: (query: string) => unknown): Case[] =>
  queries.map((query) => ({ group, run: () => find(query) }));

const STICKERS = 6; // whose names are searched, per locale
const MIXED = ['en', 'es', 'de', 'ru', 'ar', 'hi', 'zh', 'ja']; // whose names are searched without a locale

/**
 * p99 in every locale and without one, over the queries that people type on their way to a name. The worst is
 * the row.
 */
function everyLocale({ search }: Catalogue, theirs: (query: string) => unknown): Cases {
  const namesIn = (locale: string, most: number): string[] => {
    const all = search.results('', { locale });
    const step = Math.floor(all.total / most);
    return Array.from({ length: most }, (_, i) => all.at(Math.floor(i * step)).name);
  };
  const ours = search.languages.flatMap((locale) =>
    casesOf(locale, waysTo(namesIn(locale, STICKERS)), (query) =>
      search.search(spaced(query), { locale, limit: 24 }),
    ),
  );
  const mixed = waysTo(MIXED.flatMap((locale) => namesIn(locale, 2)));
  const everywhere = casesOf('none', mixed, (query) => search.search(spaced(query), { limit: 24 }));
  return {
    quantiles: [{ name: 'search.query.p99.worst', share: 0.99 }],
    ours: [...ours, ...everywhere],
    theirs: casesOf('en', waysTo(namesIn('en', STICKERS)), theirs),
  };
}

/**
 * The ways to type a name: letter by letter, whole, with a missing letter, with an extra letter, beside
 * another.
 */
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

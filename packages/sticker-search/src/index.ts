import { SearchError } from './error.ts';
import { Language, NONE } from './language.ts';
import { isLocale, languageOf, parents } from './locale.ts';
import { Meaning, RelatedWords } from './meaning.ts';
import { NO_PHRASE } from './score.ts';
import type { RankedList } from './page.ts';
import { Pool } from './pool.ts';
import type { Languages } from './query.ts';
import { Recent } from './recent.ts';
import { rank } from './search.ts';
import { type ArtLocation, openTable, type Table } from './table.ts';
import type { SearchParameters, Sticker } from './types.ts';

export { SearchError } from './error.ts';
export type { ArtLocation } from './table.ts';

/** The options of a search of the whole list. */
export type Options = Pick<SearchParameters, 'locale' | 'packs'>;

/** The files of a built catalogue that search reads. */
export interface CatalogueFiles {
  /** `stickers.json` */
  readonly stickers: Uint8Array;
  /** Language → `index/LANGUAGE.bin`; `en` must be there. Each is opened when it is first needed. */
  readonly indexes: Readonly<Record<string, Uint8Array>>;
  /** Language → `meaning/LANGUAGE.bin`: the meanings of words that are in no index. */
  readonly meanings?: Readonly<Record<string, Uint8Array>>;
  /** `related.bin`: without it a page is not filled with related stickers. */
  readonly related?: Uint8Array | undefined;
}

/** An open catalogue. */
export interface Search {
  /** The languages that have an index, in order. */
  readonly languages: readonly string[];
  readonly table: Table;
  /**
   * The `limit` best stickers after the first `offset`. An empty query gives the most common ones.
   *
   * @throws {SearchError} `unknown-locale`, `unknown-pack`, or `corrupt-index` for an index that is opened now
   */
  search(query: string, options?: Options & { readonly limit?: number; readonly offset?: number }): Sticker[];
  /** Adds a language: its index, and its table of meanings where there is one. */
  add(tag: string, index: Uint8Array, meaning?: Uint8Array): void;
  /** Removes a language other than English and frees its memory. Its locales are then searched in English. */
  remove(tag: string): void;
  /** All results; each is looked up only when it is read. */
  results(query: string, options?: Options): Results;
}

/** The results of a query, best first. */
export interface Results {
  readonly total: number;
  /**
   * How many of the first results have every word of the query, the last one perhaps as a prefix. The others
   * are near matches.
   */
  readonly strict: number;
  at(index: number): FoundSticker;
}

/** One result: its art is still in `art.bin`. */
export interface FoundSticker extends Omit<Sticker, 'art'> {
  readonly art: ArtLocation;
}

const RECENT_LOCALES = 64;
const RECENT_QUERIES = 256;
const MOST_WARM = 6; // languages whose terms stay decoded for matches with edits
const ANY = '*'; // means no locale

/**
 * Search over a built catalogue. The Worker and the device run the same module, so they give the same results.
 *
 * @throws {SearchError} `corrupt-index`
 */
export function createSearch({ stickers, indexes, meanings = {}, related }: CatalogueFiles): Search {
  const table = openTable(stickers);
  const count = table.stickers.length;
  const files = { indexes: { ...indexes }, meanings: { ...meanings } };
  const languages = (): string[] => Object.keys(files.indexes).toSorted();
  const openLanguages = new Map<string, Language>();
  const openMeanings = new Map<string, Meaning>();
  const language = opener(openLanguages, files.indexes, (bytes) => new Language(bytes, count));
  const meaning = opener(openMeanings, files.meanings, (bytes) => new Meaning(bytes, count));
  const corpus = {
    table,
    related: related === undefined ? null : new RelatedWords(related, count),
    pool: new Pool(table),
  };
  const packIds = new Set(table.packs.map(({ id }) => id));
  if (language('en') === null) throw new SearchError('corrupt-index', 'there is no index of English');

  const chosen = new Recent<Chosen>(RECENT_LOCALES);
  const recent = new Recent<RankedList>(RECENT_QUERIES);
  const choose = (locale: string | undefined): Chosen => {
    if (locale !== undefined && !isLocale(locale))
      throw new SearchError('unknown-locale', 'not a language tag');
    const tag = locale === undefined ? 'en' : languageOf(locale);
    const first = tag === 'en' || !Object.hasOwn(files.indexes, tag) ? ['en'] : [tag, 'en'];
    const others = locale === undefined ? languages().filter((other) => other !== 'en') : [];
    const opened = open(first, language);
    const regions = locale === undefined ? [] : parents(locale);
    const namings = opened.map((one) => ({
      language: one,
      regions: regions.flatMap((region) => one.variants.get(region) ?? []),
    }));
    return { first: opened, others: open(others, language), meanings: open(first, meaning), namings };
  };

  const warm = new Set<Language>(); // in the order of their last use
  const keepWarm = (used: Language): void => {
    warm.delete(used);
    warm.add(used);
    const [oldest] = warm;
    if (warm.size <= MOST_WARM || oldest === undefined) return;
    warm.delete(oldest);
    oldest.terms.forget();
  };

  const results = (query: string, { locale, packs = [] }: Options = {}): Results => {
    if (packs.some((pack) => !packIds.has(pack))) throw new SearchError('unknown-pack', 'no such pack');
    const key = locale ?? ANY;
    const languagesOf = chosen.get(key, () => choose(locale));
    const find = (): RankedList => {
      languagesOf.first.forEach(keepWarm);
      const allowed = packs.length === 0 ? null : ofPacks(table, packs);
      return query.trim() === '' ? everything(table, allowed) : rank(corpus, languagesOf, query, allowed);
    };
    const ranked = packs.length === 0 ? recent.get(`${key} ${query}`, find) : find();
    const at = (index: number): FoundSticker => {
      const number = ranked.stickers[index] ?? -1;
      const record = table.stickers[number];
      if (record === undefined) throw new RangeError('past the end of the results');
      const { id, emoji, pack, art } = record;
      const name = nameIn(languagesOf.namings, number);
      const matched = phraseAt(languagesOf, ranked.where[index]) ?? (emoji || name);
      return { id, name, emoji, pack, matched, art };
    };
    return { total: ranked.stickers.length, strict: ranked.strict, at };
  };

  return {
    get languages() {
      return languages();
    },
    table,
    results,
    add(tag, index, ownMeaning) {
      files.indexes[tag] = index;
      if (ownMeaning !== undefined) files.meanings[tag] = ownMeaning;
      chosen.clear();
      recent.clear();
    },
    remove(tag) {
      const removed = openLanguages.get(tag);
      if (tag === 'en') return;
      if (removed !== undefined) warm.delete(removed);
      openLanguages.delete(tag);
      openMeanings.delete(tag);
      Reflect.deleteProperty(files.indexes, tag);
      Reflect.deleteProperty(files.meanings, tag);
      chosen.clear();
      recent.clear();
    },
    search(query, { limit = 24, offset = 0, ...options } = {}) {
      const found = results(query, options);
      const length = Math.max(0, Math.min(limit, found.total - offset));
      return Array.from({ length }, (_, i) => {
        const { id, name, emoji, pack, matched = null } = found.at(offset + i);
        return { id, name, emoji, pack, matched };
      });
    },
  };
}

/** Opens each file once, at its first use; null if there is no such file. */
function opener<T>(
  opened: Map<string, T>,
  files: Readonly<Record<string, Uint8Array>>,
  make: (bytes: Uint8Array) => T,
) {
  return (tag: string): T | null => {
    const known = opened.get(tag);
    if (known !== undefined) return known;
    const bytes = Object.hasOwn(files, tag) ? files[tag] : undefined;
    if (bytes === undefined) return null;
    const made = make(bytes);
    opened.set(tag, made);
    return made;
  };
}

const open = <T>(tags: readonly string[], opened: (tag: string) => T | null): T[] =>
  tags.flatMap((tag) => opened(tag) ?? []);

/** A language, and the names that the regions of a locale have for stickers, the nearest region first. */
interface Naming {
  readonly language: Language;
  readonly regions: readonly ReadonlyMap<number, number>[];
}

/** The languages that a locale is searched in, and those that it names stickers in. */
interface Chosen extends Languages {
  readonly namings: readonly Naming[];
}

/** The name of a sticker in the first language that has one. Names of a region take precedence. */
function nameIn(namings: readonly Naming[], sticker: number): string {
  for (const { language, regions } of namings) {
    for (const names of regions) {
      const phrase = names.get(sticker);
      if (phrase !== undefined) return language.phrase(phrase);
    }
    const phrase = language.names[sticker] ?? NONE;
    if (phrase !== NONE) return language.phrase(phrase);
  }
  return '';
}

/** The phrase by which a sticker was found, as its source writes it; null if it was not found by a phrase. */
function phraseAt({ first, others }: Languages, where = NO_PHRASE): string | null {
  if (where === NO_PHRASE) return null;
  const number = where >>> 24;
  const language = number < first.length ? first[number] : others[number - first.length];
  return language?.phrase(where & 0xff_ffff) ?? null;
}

/** The numbers of the stickers of some packs. */
const ofPacks = ({ stickers }: Table, packs: readonly string[]): ReadonlySet<number> =>
  new Set([...stickers.keys()].filter((sticker) => packs.includes(stickers[sticker]?.pack ?? '')));

/** All stickers, the most common first: the result of an empty query, the same for everyone. */
function everything({ stickers }: Table, allowed: ReadonlySet<number> | null): RankedList {
  const order = [...(allowed ?? stickers.keys())].toSorted(
    (a, b) => (stickers[b]?.common ?? 0) - (stickers[a]?.common ?? 0) || a - b,
  );
  const where = new Uint32Array(order.length).fill(NO_PHRASE);
  return { stickers: Uint32Array.from(order), strict: order.length, where };
}

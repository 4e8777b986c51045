import { SearchError } from './error.ts';
import { RelatedWords } from './meaning.ts';
import { type Chosen, nameIn, OpenLanguages } from './open-languages.ts';
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
const ANY = '*'; // means no locale

/**
 * Search over a built catalogue. The Worker and the device run the same module, so they give the same results.
 *
 * @throws {SearchError} `corrupt-index`
 */
export function createSearch({ stickers, indexes, meanings = {}, related }: CatalogueFiles): Search {
  const table = openTable(stickers);
  const count = table.stickers.length;
  const languages = new OpenLanguages(indexes, meanings, count);
  const corpus = {
    table,
    related: related === undefined ? null : new RelatedWords(related, count),
    pool: new Pool(table),
  };
  const packIds = new Set(table.packs.map(({ id }) => id));
  const chosen = new Recent<Chosen>(RECENT_LOCALES);
  const recent = new Recent<RankedList>(RECENT_QUERIES);

  const results = (query: string, { locale, packs = [] }: Options = {}): Results => {
    if (packs.some((pack) => !packIds.has(pack))) throw new SearchError('unknown-pack', 'no such pack');
    const key = locale ?? ANY;
    const languagesOf = chosen.get(key, () => languages.choose(locale));
    const find = (): RankedList => {
      for (const language of languagesOf.first) languages.keepWarm(language);
      const allowed = packs.length === 0 ? null : ofPacks(table, packs);
      return query.trim() === '' ? everything(table, allowed) : rank(corpus, languagesOf, query, allowed);
    };
    const ranked = packs.length === 0 ? recent.get(`${key} ${query}`, find) : find();
    const at = (index: number): FoundSticker => foundAt(index, ranked, table, languagesOf);
    return { total: ranked.stickers.length, strict: ranked.strict, at };
  };

  return {
    get languages() {
      return languages.tags;
    },
    table,
    results,
    add(tag, index, ownMeaning) {
      languages.add(tag, index, ownMeaning);
      chosen.clear();
      recent.clear();
    },
    remove(tag) {
      if (tag === 'en') return;
      languages.remove(tag);
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

function foundAt(index: number, ranked: RankedList, { stickers }: Table, languages: Chosen): FoundSticker {
  const number = ranked.stickers[index] ?? -1;
  const record = stickers[number];
  if (record === undefined) throw new RangeError('past the end of the results');
  const { id, emoji, pack, art } = record;
  const name = nameIn(languages.namings, number);
  const matched = phraseAt(languages, ranked.where[index]) ?? (emoji || name);
  return { id, name, emoji, pack, matched, art };
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

import { SearchError } from './error.ts';
import { Language, NONE } from './language.ts';
import { isLocale, languageOf, parents } from './locale.ts';
import type { Languages } from './query.ts';
import { rank, type Ranked } from './search.ts';
import { type ArtLocation, openTable, type Table } from './table.ts';
import type { SearchParameters, Sticker } from './types.ts';

export { SearchError } from './error.ts';
export type { ArtLocation } from './table.ts';

/** What a search of the whole list may ask for. */
export type Options = Pick<SearchParameters, 'locale' | 'packs'>;

/** An open catalogue. */
export interface Search {
  /** The languages that have an index. */
  readonly languages: readonly string[];
  readonly table: Table;
  /**
   * The `limit` best stickers after the first `offset`. An empty query gives the most common ones.
   *
   * @throws {SearchError} `unknown-locale`, `unknown-pack`, or `corrupt-index` for an index that is opened now
   */
  search(query: string, options?: Options & { readonly limit?: number; readonly offset?: number }): Sticker[];
  /** All results; each is looked up only when it is read. */
  results(query: string, options?: Options): Results;
}

/** What a query found, best first. */
export interface Results {
  readonly total: number;
  at(index: number): Omit<Sticker, 'art'> & { readonly art: ArtLocation };
}

/**
 * Search over a built catalogue. The Worker and the device run the same module, so they give the same results.
 *
 * @param stickers - the catalogue's `stickers.json`
 * @param indexes - language → its index file; `en` must be there. Each is opened when it is first needed.
 * @param synonyms - `synonyms.bin`, for English words that no index has
 * @throws {SearchError} `corrupt-index`
 */
export function createSearch(
  stickers: Uint8Array,
  indexes: Readonly<Record<string, Uint8Array>>,
  synonyms: Uint8Array | null = null,
): Search {
  const table = openTable(stickers);
  const opened = new Map<string, Language>();
  const languages = Object.keys(indexes).toSorted();
  const open = (tag: string): Language => {
    const known = opened.get(tag);
    if (known !== undefined) return known;
    const bytes = Object.hasOwn(indexes, tag) ? indexes[tag] : undefined;
    if (bytes === undefined) throw new SearchError('corrupt-index', `no index of ${tag}`);
    const language = new Language(bytes, table.stickers.length);
    opened.set(tag, language);
    return language;
  };
  const english = open('en');
  const related = synonyms === null ? null : new Language(synonyms, 0);
  const packIds = new Set(table.packs.map(({ id }) => id));

  let all: Ranked | null = null; // what an empty query gives
  const choose = (locale: string | undefined): Languages => {
    if (locale === undefined) {
      return {
        first: [english],
        others: languages.filter((tag) => tag !== 'en').map(open),
        synonyms: related,
      };
    }
    if (!isLocale(locale)) throw new SearchError('unknown-locale', 'not a language tag');
    const tag = languageOf(locale);
    if (tag === 'en' || !languages.includes(tag)) return { first: [english], others: [], synonyms: related };
    return { first: [open(tag), english], others: [], synonyms: related };
  };

  const nameIn = (chosen: Languages, tags: readonly string[], sticker: number): string => {
    for (const language of chosen.first) {
      for (const tag of tags) {
        const phrase = language.variants.get(tag)?.get(sticker);
        if (phrase !== undefined) return language.phrase(phrase);
      }
      const phrase = language.names[sticker] ?? NONE;
      if (phrase !== NONE) return language.phrase(phrase);
    }
    return '';
  };

  const results = (query: string, { locale, packs = [] }: Options = {}): Results => {
    if (packs.some((pack) => !packIds.has(pack))) throw new SearchError('unknown-pack', 'no such pack');
    const chosen = choose(locale);
    const ranked = query.trim() === '' ? (all ??= everything(table)) : rank(table, chosen, query);
    const tags = locale === undefined ? [] : parents(locale);
    const wanted = new Set(packs);
    const list =
      wanted.size === 0
        ? ranked.stickers
        : ranked.stickers.filter((s) => wanted.has(table.stickers[s]?.pack ?? ''));
    return {
      total: list.length,
      at(index) {
        const number = list[index] ?? -1;
        const sticker = table.stickers[number];
        if (sticker === undefined) throw new RangeError('past the end of the results');
        const { id, emoji, pack, art } = sticker;
        const name = nameIn(chosen, tags, number);
        return { id, name, emoji, pack, matched: ranked.matched(number) ?? (emoji || name), art };
      },
    };
  };

  return {
    languages,
    table,
    results,
    search(query, { limit = 24, offset = 0, ...options } = {}) {
      const found = results(query, options);
      const count = Math.max(0, Math.min(limit, found.total - offset));
      return Array.from({ length: count }, (_, i) => {
        const { art: _art, ...sticker } = found.at(offset + i);
        return sticker;
      });
    },
  };
}

/** All stickers, the most common first: the result of an empty query, the same for everyone. */
const everything = ({ stickers }: Table): Ranked => ({
  stickers: stickers
    .map((_, i) => i)
    .toSorted((a, b) => (stickers[b]?.common ?? 0) - (stickers[a]?.common ?? 0) || a - b),
  matched: () => null,
});

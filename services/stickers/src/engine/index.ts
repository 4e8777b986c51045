import { SearchError } from './cursor.ts';
import { Language, NONE } from './language.ts';
import { isLocale, languageOf, parents } from './locale.ts';
import type { Languages } from './query.ts';
import { rank, type Ranked } from './search.ts';
import { openTable, type Sticker, type Table } from './table.ts';

export { SearchError } from './cursor.ts';
export type { Pack, Sticker } from './table.ts';

/** One sticker that was found. */
export interface Found {
  readonly id: string;
  /** Its name in the language asked for; in English where that language has none. */
  readonly name: string;
  /** Empty for a drawing that no keyboard types. */
  readonly emoji: string;
  readonly pack: string;
  /** The name or keyword by which it was found; for an emoji, itself. */
  readonly matched: string;
}

export interface Options {
  /** BCP 47; a language without an index is answered in English, no locale at all in every language. */
  readonly locale?: string;
  /** Ids of packs to search; all, when left out or empty. */
  readonly packs?: readonly string[];
}

export interface Search {
  /** The languages there are indexes for. */
  readonly languages: readonly string[];
  readonly table: Table;
  /**
   * The `limit` best stickers after the first `offset`. An empty query gives the most common ones.
   *
   * @throws {SearchError} `unknown-locale`, `unknown-pack`, or `corrupt-index` for an index met first now
   */
  search(query: string, options?: Options & { readonly limit?: number; readonly offset?: number }): Found[];
  /** The same list as a cursor: `at(i)` is its i-th sticker, looked up only when asked. */
  results(query: string, options?: Options): Results;
}

export interface Results {
  readonly total: number;
  at(index: number): Found & { readonly art: Sticker['art'] };
}

/**
 * Search over a built catalogue: the same module in the Worker and on a device, so the same results.
 *
 * @param stickers - the catalogue's `stickers.json`
 * @param indexes - language → its index file; `en` must be there. Opened when first asked for.
 * @param synonyms - `synonyms.bin`, for English words that no index has; left out, they are not found
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

/** All stickers, the most common first: what an empty query gives, the same for everyone. */
const everything = ({ stickers }: Table): Ranked => ({
  stickers: stickers
    .map((_, i) => i)
    .toSorted((a, b) => (stickers[b]?.common ?? 0) - (stickers[a]?.common ?? 0) || a - b),
  matched: () => null,
});

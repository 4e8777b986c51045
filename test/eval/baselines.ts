import MiniSearch from 'minisearch';
import type { Named } from './data.ts';

/** Finds emoji for a query, best first. */
export type Finder = (query: string) => readonly string[];

/** MiniSearch with its defaults, over the same names and keywords, with prefix and fuzzy matching. */
export function miniSearch(named: readonly Named[]): Finder {
  const index = new MiniSearch<{ id: number; name: string; keywords: string }>({
    fields: ['name', 'keywords'],
    searchOptions: { prefix: true, fuzzy: 0.2 },
  });
  index.addAll(named.map(({ name, keywords }, id) => ({ id, name, keywords: keywords.join(' ') })));
  return (query) => index.search(query).map(({ id }) => named[id as number]?.emoji ?? '');
}

/**
 * The simple rule of a picker: every word before the last as a whole word, the last one as a prefix, in
 * Unicode's order.
 */
export function plainPicker(named: readonly Named[]): Finder {
  const tokens = named.map(({ name, keywords }) => new Set([name, ...keywords].flatMap(wordsOf)));
  return (query) => {
    const words = wordsOf(query);
    const last = words.pop() ?? '';
    return named
      .filter((_, i) => {
        const has = tokens[i] ?? new Set<string>();
        return words.every((word) => has.has(word)) && [...has].some((token) => token.startsWith(last));
      })
      .map(({ emoji }) => emoji);
  };
}

const wordsOf = (text: string): string[] =>
  text
    .toLowerCase()
    .split(/[^\p{L}\p{M}\p{N}+]+/u)
    .filter((word) => word !== '');

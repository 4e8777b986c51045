import { type Entry, HINT, KEYWORD } from '@sotto/sticker-search/format';

/** Languages that are far from English and from one another, with many keywords in CLDR. */
export const PIVOTS = ['ar', 'de', 'es', 'fr', 'it', 'ja', 'ko', 'pl', 'pt', 'ru', 'tr', 'zh'];

const ALIKE = 0.3; // lowest overlap (Jaccard) of two keywords with about the same meaning
const AGREED = 0.1; // lowest sum of overlaps, by the number of languages
const FEWEST = 3; // stickers of a foreign keyword; one with fewer is ignored
const MOST = 250;

/**
 * English keywords that other languages' CLDR gives a sticker and English does not, as hints. A foreign and
 * an English keyword that occur on nearly the same stickers have about the same meaning. So the English one
 * probably also fits the other stickers with the foreign one, if enough languages agree.
 */
export function pivoted(english: readonly Entry[], others: readonly (readonly Entry[])[]): Entry[] {
  const words = new Map<string, number>();
  const own = keywords(english, words);
  const sizes = new Map<number, number>();
  for (const has of own.values()) for (const word of has) sizes.set(word, (sizes.get(word) ?? 0) + 1);
  const votes = new Map<number, Map<number, number>>(); // sticker → English word → sum
  for (const entries of others) {
    const foreign = keywords(entries, new Map());
    const alike = likenesses(foreign, own, sizes);
    for (const [sticker, has] of foreign) {
      const best = new Map<number, number>();
      for (const word of has) {
        for (const [ours, like] of alike.get(word) ?? []) {
          if (own.get(sticker)?.has(ours) !== true && like > (best.get(ours) ?? 0)) best.set(ours, like);
        }
      }
      const sum = votes.get(sticker) ?? new Map<number, number>();
      votes.set(sticker, sum);
      for (const [ours, like] of best) sum.set(ours, (sum.get(ours) ?? 0) + like);
    }
  }
  const texts = [...words.keys()];
  return [...votes].flatMap(([sticker, sums]) =>
    [...sums].flatMap(([word, sum]) =>
      sum / others.length >= AGREED ? [{ sticker, phrase: texts[word] ?? '', kind: HINT }] : [],
    ),
  );
}

/** Sticker → its keywords, as numbers given in order of appearance. */
function keywords(entries: readonly Entry[], numbers: Map<string, number>): Map<number, Set<number>> {
  const found = new Map<number, Set<number>>();
  for (const { sticker, phrase, kind } of entries) {
    if (kind !== KEYWORD) continue;
    const text = phrase.toLowerCase();
    const number = numbers.get(text) ?? numbers.size;
    numbers.set(text, number);
    const has = found.get(sticker);
    if (has === undefined) found.set(sticker, new Set([number]));
    else has.add(number);
  }
  return found;
}

/** Foreign keyword → the English keywords on about the same stickers, with their overlap. */
function likenesses(
  foreign: ReadonlyMap<number, ReadonlySet<number>>,
  english: ReadonlyMap<number, ReadonlySet<number>>,
  sizes: ReadonlyMap<number, number>,
): Map<number, [word: number, like: number][]> {
  const stickers = new Map<number, number[]>();
  for (const [sticker, words] of foreign) {
    for (const word of words) {
      const has = stickers.get(word);
      if (has === undefined) stickers.set(word, [sticker]);
      else has.push(sticker);
    }
  }
  const alike = new Map<number, [number, number][]>();
  for (const [word, has] of stickers) {
    if (has.length < FEWEST || has.length > MOST) continue;
    const shared = new Map<number, number>();
    for (const sticker of has) {
      for (const other of english.get(sticker) ?? []) shared.set(other, (shared.get(other) ?? 0) + 1);
    }
    const near: [number, number][] = [];
    for (const [other, both] of shared) {
      const like = both / ((sizes.get(other) ?? 0) + has.length - both);
      if (both > 1 && like >= ALIKE) near.push([other, like]);
    }
    if (near.length > 0) alike.set(word, near);
  }
  return alike;
}

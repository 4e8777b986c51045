import type { Rule } from './match.ts';
import { type Languages, Query } from './query.ts';
import type { Scores } from './score.ts';
import { respaced } from './split.ts';
import type { Table } from './table.ts';
import type { Token } from './tokens.ts';

/** What a query found: stickers, best first, and the phrase by which each was found. */
export interface Ranked {
  readonly stickers: readonly number[];
  matched(sticker: number): string | null;
}

const MOST_FORGIVEN = 4; // words of a query in which edits are looked for
const FINE = 1 << 20; // steps of a value
const STICKERS = 1 << 24; // more than a catalogue has

const WHOLE: Rule = { prefix: false, fuzzy: false, synonyms: null };
const BEGUN: Rule = { prefix: true, fuzzy: false, synonyms: null };
const FORGIVEN: Rule = { prefix: true, fuzzy: true, synonyms: null };
const NOTHING: Ranked = { stickers: [], matched: () => null };

/**
 * Ranks stickers for a query. Pure: the same query always gives the same list.
 *
 * First what has every word, the last of them perhaps cut short; typing on gives a part of it. Where nothing has,
 * guesses stand in for words: other forms, other spacing, words alike, edits; then what has some of them.
 */
export function rank(table: Table, languages: Languages, text: string): Ranked {
  const query = new Query(table, languages, text);
  if (query.size === 0) return NOTHING;
  const strict = strictly(table, query);
  const found = strict?.every() ?? [];
  return strict !== null && found.length > 0
    ? byWeight(table, strict, found)
    : guesses(table, query, query.words);
}

/** What has every word, the last perhaps cut short; null where nothing has those before it. */
function strictly(table: Table, query: Query): Scores | null {
  const { languages, words, earlier } = query;
  const last = words.length - 1;
  let only: Uint8Array | null = null;
  if (languages.others.length > 0 && last > 0) {
    const before = query.look(earlier, () => WHOLE, true).every();
    if (before.length === 0) return null;
    only = new Uint8Array(table.stickers.length);
    for (const sticker of before) only[sticker] = 1;
  }
  return query.look(words, (i) => (i === last ? BEGUN : WHOLE), true, only);
}

/** What has every word in some way, the surer ways first. */
function guesses(table: Table, query: Query, words: readonly Token[]): Ranked {
  const { first, synonyms } = query.languages;
  let scores = query.look(words, () => BEGUN, true);
  let found = scores.every();
  if (found.length > 0) return byWeight(table, scores, found);
  const unknown = scores.unknown();
  if (synonyms !== null && unknown.includes(true)) {
    scores = query.look(words, (i) => (unknown[i] === true ? { ...BEGUN, synonyms } : BEGUN), false);
    found = scores.every();
    if (found.length > 0) return byWeight(table, scores, found);
  }
  let left = MOST_FORGIVEN;
  const edited = scores.unknown().map((no) => no && left-- > 0);
  for (const other of respaced(words, first)) {
    scores = query.look(other, (i) => (i === other.length - 1 ? BEGUN : WHOLE), false);
    found = scores.every();
    if (found.length > 0) return byWeight(table, scores, found);
  }
  scores = query.look(words, (i) => (edited[i] === true ? FORGIVEN : { ...BEGUN, synonyms }), false);
  found = scores.every();
  if (found.length > 0) return byWeight(table, scores, found);
  return sorted(table, scores, scores.some(), scores.rarity());
}

const byWeight = (table: Table, scores: Scores, found: readonly number[]): Ranked =>
  sorted(
    table,
    scores,
    found,
    scores.tokens.map(({ weight }) => weight),
  );

/** Best first; of two alike the one that the catalogue has first. */
function sorted(table: Table, scores: Scores, found: readonly number[], weights: readonly number[]): Ranked {
  const keys = new Float64Array(found.length); // value, then number, in one: numbers sort faster than pairs
  found.forEach((s, i) => {
    keys[i] = Math.round(-scores.of(s, table.stickers[s]?.common ?? 0, weights) * FINE) * STICKERS + s;
  });
  keys.sort();
  const stickers = Array.from(keys, (key) => key - Math.floor(key / STICKERS) * STICKERS);
  return { stickers, matched: (sticker) => scores.matched(sticker) };
}

import type { Rule } from './match.ts';
import { type Languages, Query } from './query.ts';
import type { Scores } from './score.ts';
import { respaced } from './split.ts';
import type { Table } from './table.ts';

/** What a query found: stickers, best first, and the phrase by which each was found. */
export interface Ranked {
  readonly stickers: readonly number[];
  matched(sticker: number): string | null;
}

const MOST_FORGIVEN = 4; // words of a query in which edits are looked for
const ENOUGH = 24; // stickers that leave no room for others
const HEAD = 1.25; // weight of the last word, which in English is most often the thing itself
const FINE = 1 << 20; // steps of a value
const STICKERS = 1 << 24; // more than a catalogue has

const WHOLE: Rule = { prefix: false, fuzzy: false, synonyms: null };
const BEGUN: Rule = { prefix: true, fuzzy: false, synonyms: null };
const FORGIVEN: Rule = { prefix: true, fuzzy: true, synonyms: null };
const NOTHING: Ranked = { stickers: [], matched: () => null };

/**
 * Ranks stickers for a query. Pure: the same query always gives the same list.
 *
 * First what has every word, the last of them perhaps cut short: where a name or keyword says so, that is all, and
 * typing on gives a part of it. Where nothing has all words as they stand, guesses stand in for them (other
 * forms, other spacing, words alike, edits), and below come stickers that have some of them.
 */
export function rank(table: Table, languages: Languages, text: string): Ranked {
  const query = new Query(table, languages, text);
  if (query.size === 0) return NOTHING;
  const strict = strictly(table, query);
  const found = strict?.every() ?? [];
  if (strict !== null && found.length > 0) {
    const best = byWeight(table, strict, found);
    const sure = query.size < 2 || found.length >= ENOUGH || strict.along || strict.whole();
    return sure ? best : filled(table, query, best);
  }
  const { content, pictures } = query;
  const guessed = guesses(table, query);
  return guessed.stickers.length > 0 && content.length + pictures.length < 2
    ? guessed
    : filled(table, query, guessed);
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
function guesses(table: Table, query: Query): Ranked {
  const { first, synonyms } = query.languages;
  const words = query.content;
  const last = words.length - 1;
  if (words.length < query.words.length) {
    const scores = query.look(words, (i) => (i === last ? BEGUN : WHOLE), true);
    const found = scores.every();
    if (found.length > 0) return byWeight(table, scores, found);
  }
  let scores = begun(query);
  let found = scores.every();
  if (found.length > 0) return byWeight(table, scores, found);
  const unknown = scores.unknown();
  if (synonyms !== null && unknown.includes(true)) {
    scores = query.look(words, (i) => (unknown[i] === true ? { ...BEGUN, synonyms } : BEGUN), false);
    found = scores.every();
    if (found.length > 0) return byWeight(table, scores, found);
  }
  for (const other of respaced(words, first)) {
    scores = query.look(other, (i) => (i === other.length - 1 ? BEGUN : WHOLE), false);
    found = scores.every();
    if (found.length > 0) return byWeight(table, scores, found);
  }
  scores = forgiving(query);
  return byWeight(table, scores, scores.every());
}

// What two steps of one query ask for; a query goes when it is answered, and these with it.
const cutShort = new WeakMap<Query, Scores>();
const lenient = new WeakMap<Query, Scores>();

/** Every word perhaps cut short, in all languages that are asked. */
function begun(query: Query): Scores {
  const known = cutShort.get(query);
  if (known !== undefined) return known;
  const scores = query.look(query.content, () => BEGUN, true);
  cutShort.set(query, scores);
  return scores;
}

/** Every word as it stands or, unless some sticker has it so, cut short, and with edits where nothing has it at all. */
function forgiving(query: Query): Scores {
  const known = lenient.get(query);
  if (known !== undefined) return known;
  const { first, synonyms } = query.languages;
  const words = query.content;
  const rules = words.map(({ text }): Rule => ({
    ...(first.some((language) => language.exactly(text)) ? WHOLE : BEGUN),
    synonyms,
  }));
  let scores = query.look(words, (i) => rules[i] ?? BEGUN, false);
  let left = MOST_FORGIVEN;
  const unknown = scores.unknown().map((no) => no && left-- > 0);
  if (unknown.includes(true)) {
    scores = query.look(words, (i) => (unknown[i] === true ? FORGIVEN : (rules[i] ?? BEGUN)), false);
  }
  lenient.set(query, scores);
  return scores;
}

/** What was found, and below it what has some of the words, the rarer ones first. */
function filled(table: Table, query: Query, best: Ranked): Ranked {
  if (best.stickers.length >= ENOUGH) return best;
  let scores = query.languages.others.length > 0 ? begun(query) : forgiving(query);
  let found = scores.some();
  if (found.length === 0) {
    scores = forgiving(query);
    found = scores.some();
  }
  const head = query.content.length - 1;
  const english = query.languages.first[0]?.tag === 'en';
  const weights = scores.rarity().map((rarity, i) => (english && i === head ? HEAD * rarity : rarity));
  const partial = sorted(table, scores, found, weights);
  if (best.stickers.length === 0) return partial;
  const taken = new Set(best.stickers);
  const rest = partial.stickers.filter((s) => !taken.has(s)).slice(0, ENOUGH - taken.size);
  return {
    stickers: [...best.stickers, ...rest],
    matched: (sticker) => (taken.has(sticker) ? best : partial).matched(sticker),
  };
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

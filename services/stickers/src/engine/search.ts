import { emojiKey, takeEmoji } from './emoji.ts';
import { fold } from './fold.ts';
import type { Language } from './language.ts';
import { match, type Rule } from './match.ts';
import { Scores } from './score.ts';
import { respaced } from './split.ts';
import type { Table } from './table.ts';
import { type Token, tokenize } from './tokens.ts';

/** What a query found: stickers, best first, and the phrase by which each was found. */
export interface Ranked {
  readonly stickers: readonly number[];
  matched(sticker: number): string | null;
}

const MOST_TOKENS = 16; // of a query; what comes after is not looked at
const MOST_WORDS = 12; // of a query, those after it do not count
const MOST_WIDE = 6; // words of a query that is put to every language
const MOST_FORGIVEN = 4; // words of a query in which edits are looked for
const SECOND_LANGUAGE = 0.93; // worth of English, where another language was asked for
const OTHER_LANGUAGE = 0.8; // worth of each of the others, where none was asked for

/** The languages of a search: the one asked for, then English; or English, then all others. */
export interface Languages {
  readonly first: readonly Language[];
  readonly others: readonly Language[];
  /** English words that no index has → words that one has. */
  readonly synonyms: Language | null;
}

/** Ranks all stickers for a query. Pure: the same query always gives the same list. */
export function rank(table: Table, { first, others, synonyms }: Languages, query: string): Ranked {
  const { emoji, text } = takeEmoji(query);
  const pictures = emoji.map((e) => picture(table, e)).slice(0, MOST_TOKENS);
  const [main, second] = first;
  if (main === undefined) return { stickers: [], matched: () => null };
  // English and its like fold alike; a language with a fold of its own reads the query in its own way.
  const reading = (language: Language): Token[] =>
    fewWords(distinct(tokenize(fold(text, language.tag)))).slice(0, MOST_TOKENS - pictures.length);
  const tokens = reading(main);
  if (tokens.length + pictures.length === 0) return { stickers: [], matched: () => null };

  const attempt = (words: readonly Token[], rule: (token: number) => Rule, wide: boolean): Scores => {
    const all = [...words, ...pictures.map(() => PICTURE)];
    const scores = new Scores(all, table.stickers.length);
    const look = (language: Language, worth: number): void => {
      const read = language === main || words !== tokens ? words : reading(language);
      if (read.length !== words.length) return;
      scores.add(language, worth, (i, hit) => {
        const token = read[i];
        if (token !== undefined) match(language, token, rule(i), hit);
      });
    };
    look(main, 1);
    if (second !== undefined) look(second, SECOND_LANGUAGE);
    if (wide && words.length <= MOST_WIDE) {
      for (const language of others) if (!scores.exhausts(language)) look(language, OTHER_LANGUAGE);
    }
    pictures.forEach((found, i) => found.forEach((s) => scores.addEmoji(words.length + i, s, 1)));
    return scores;
  };
  const done = (scores: Scores, found: readonly number[]): Ranked => {
    const weights = scores.tokens.map(({ weight }) => weight);
    return sorted(table, scores, found, weights);
  };

  const last = tokens.length - 1;
  const plain = { prefix: true, fuzzy: false, synonyms: null };
  const strict = attempt(tokens, (i) => ({ ...plain, prefix: i === last }), true);
  let found = strict.every();
  if (found.length > 0) return done(strict, found);
  let scores = last > 0 ? attempt(tokens, () => plain, true) : strict;
  found = scores.every();
  if (found.length > 0) return done(scores, found);
  let unknown = scores.unknown();
  if (synonyms !== null && unknown.includes(true)) {
    scores = attempt(tokens, (i) => ({ ...plain, synonyms: unknown[i] === true ? synonyms : null }), false);
    found = scores.every();
    if (found.length > 0) return done(scores, found);
  }
  for (const words of respaced(tokens, first)) {
    const other = attempt(words, (i) => ({ ...plain, prefix: i === words.length - 1 }), false);
    found = other.every();
    if (found.length > 0) return done(other, found);
  }
  let left = MOST_FORGIVEN;
  unknown = scores.unknown().map((no) => no && left-- > 0);
  const forgiving = attempt(
    tokens,
    (i) => ({ prefix: true, fuzzy: unknown[i] ?? false, synonyms: unknown[i] === true ? null : synonyms }),
    false,
  );
  found = forgiving.every();
  if (found.length > 0) return done(forgiving, found);
  return sorted(table, forgiving, forgiving.some(), forgiving.rarity());
}

/** Tokens without those that stood before; the last stays, since it may be the beginning of another word. */
const distinct = (tokens: readonly Token[]): Token[] =>
  tokens.filter(
    ({ text }, i) => i === tokens.length - 1 || tokens.findIndex((other) => other.text === text) === i,
  );

/** No more words than a name has, since each of few letters is the beginning of very many; pieces of a run are rarer. */
function fewWords(tokens: readonly Token[]): Token[] {
  let words = 0;
  return tokens.filter(({ gram }) => gram || ++words <= MOST_WORDS);
}

const PICTURE: Token = { text: '', gram: true, weight: 1 };

/** The stickers of an emoji; of a sequence that we lack, those of its first part that we have. */
function picture(table: Table, emoji: string): readonly number[] {
  for (let key = emojiKey(emoji); key !== ''; key = key.slice(0, Math.max(0, key.lastIndexOf('\u200d')))) {
    const found = table.byEmoji.get(key);
    if (found !== undefined) return found;
  }
  return [];
}

function sorted(table: Table, scores: Scores, found: readonly number[], weights: readonly number[]): Ranked {
  const value = new Map(found.map((s) => [s, scores.of(s, table.stickers[s]?.common ?? 0, weights)]));
  const stickers = found.toSorted((a, b) => (value.get(b) ?? 0) - (value.get(a) ?? 0) || a - b);
  return { stickers, matched: (sticker) => scores.matched(sticker) };
}

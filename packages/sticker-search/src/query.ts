import { emojiKey, takeEmoji } from './emoji.ts';
import { fold, foldOf } from './fold.ts';
import type { Language } from './language.ts';
import { match, type Rule } from './match.ts';
import { Scores } from './score.ts';
import { isStopWord } from './stop.ts';
import type { Table } from './table.ts';
import { type Token, tokenize } from './tokens.ts';

/** The languages of a search: the one asked for, then English; or English, then all others. */
export interface Languages {
  readonly first: readonly Language[];
  readonly others: readonly Language[];
  /** English words that no index has → words that one has. */
  readonly synonyms: Language | null;
}

const MOST_TOKENS = 16; // of a query; what comes after is not looked at
const MOST_WORDS = 12; // of a query, those after it do not count
const MOST_WIDE = 6; // words of a query that is put to every language
const SECOND_LANGUAGE = 0.93; // worth of English, where another language was asked for
const OTHER_LANGUAGE = 0.8; // worth of each of the others, where none was asked for
const PICTURE: Token = { text: '', gram: true, weight: 1 };

/** A query cut into words, as each language reads it, and emoji; and what it finds by one rule or another. */
export class Query {
  readonly languages: Languages;
  /** As the first language reads them. */
  readonly words: readonly Token[];
  /** Those before the last. */
  readonly earlier: readonly Token[];
  /** The words without those that say nothing; all of them where no others are left. */
  readonly content: readonly Token[];
  /** The stickers of each emoji. */
  readonly pictures: readonly (readonly number[])[];
  readonly #table: Table;
  readonly #text: string;
  readonly #readings = new Map<string, readonly Token[]>();

  constructor(table: Table, languages: Languages, query: string) {
    const { emoji, text } = takeEmoji(query);
    this.#table = table;
    this.#text = text;
    this.languages = languages;
    this.pictures = emoji.slice(0, MOST_TOKENS).map((e) => picture(table, e));
    const [main] = languages.first;
    this.words = main === undefined ? [] : this.#reading(main);
    this.earlier = this.words.slice(0, -1);
    const tags = languages.first.map(({ tag }) => tag);
    const content = this.words.filter((word) => !isStopWord(word.text, tags));
    this.content = content.length > 0 && content.length < this.words.length ? content : this.words;
  }

  /** Words and emoji. */
  get size(): number {
    return this.words.length + this.pictures.length;
  }

  /**
   * Looks words up, and the emoji.
   *
   * @param wide - in all other languages too, as far as that can be done in the time of a query
   * @param only - sticker → 0 for those to pass over
   */
  look(
    words: readonly Token[],
    rule: (token: number) => Rule,
    wide: boolean,
    only: Uint8Array | null = null,
  ): Scores {
    const { first, others } = this.languages;
    const all = [...words, ...this.pictures.map(() => PICTURE)];
    const scores = new Scores(all, this.#table.stickers.length, only);
    const add = (language: Language, worth: number, rules: (token: number) => Rule): void => {
      let own = words;
      if (words === this.words || words === this.earlier) {
        own = this.#reading(language);
        if (own.length !== this.words.length) return;
      }
      scores.add(language, worth, (i, hit) => {
        const token = own[i];
        if (token !== undefined && i < words.length) match(language, token, rules(i), hit);
      });
    };
    first.forEach((language, i) => add(language, i === 0 ? 1 : SECOND_LANGUAGE, rule));
    if (wide && others.length > 0 && words.length <= MOST_WIDE) {
      const last = words.length - 1;
      const letters = words.map(({ text }, i) => rule(i).prefix && (i < last ? FEW : ONE).test(text));
      const rules = (i: number): Rule => (letters[i] === true ? EXACT : rule(i));
      for (const language of others) if (!scores.exhausts(language)) add(language, OTHER_LANGUAGE, rules);
      letters.forEach((letter, i) => letter && scores.concede(i));
    }
    this.pictures.forEach((found, i) => found.forEach((s) => scores.addEmoji(words.length + i, s, 1)));
    return scores;
  }

  #reading(language: Language): readonly Token[] {
    const key = foldOf(language.tag);
    const known = this.#readings.get(key);
    if (known !== undefined) return known;
    const tokens = fewWords(distinct(tokenize(fold(this.#text, language.tag))));
    const read = tokens.slice(0, MOST_TOKENS - this.pictures.length);
    this.#readings.set(key, read);
    return read;
  }
}

/** One letter begins words of nearly every sticker in one language or another: it rules nothing out. */
const ONE = /^[a-z]$/;
/** So do two, of a word that is not being typed any more and was found nowhere as it stands. */
const FEW = /^[a-z]{1,2}$/;
const EXACT: Rule = { prefix: false, fuzzy: false, synonyms: null };

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

/** The stickers of an emoji; of a sequence that we lack, those of its first part that we have. */
function picture(table: Table, emoji: string): readonly number[] {
  for (let key = emojiKey(emoji); key !== ''; key = key.slice(0, Math.max(0, key.lastIndexOf('\u200d')))) {
    const found = table.byEmoji.get(key);
    if (found !== undefined) return found;
  }
  return [];
}

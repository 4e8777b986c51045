import { emojiKey, takeEmoji } from './emoji.ts';
import { fold, foldOf, isPlain } from './fold.ts';
import { MAX_TOKENS } from './gather.ts';
import type { Language } from './language.ts';
import { match, type Rule, WHOLE } from './match.ts';
import type { Meaning } from './meaning.ts';
import type { Pool } from './pool.ts';
import type { Scores } from './score.ts';
import { isStopWord } from './stop.ts';
import type { Table } from './table.ts';
import { runsWithoutSpaces, type Token, tokenize } from './tokens.ts';

/** The languages of a search: the requested one, then English; or English, then all others. */
export interface Languages {
  readonly first: readonly Language[];
  readonly others: readonly Language[];
  /** The meanings, in the first languages, of words that no sticker has. */
  readonly meanings: readonly Meaning[];
}

const MOST_WORDS = 12; // of a query; later ones are ignored
const LONGEST_PART = 6; // characters of a word in a run without spaces
const MOST_WIDE = 6; // words of a query that are searched in every language
const SECOND_LANGUAGE = 0.93; // weight of English if another language was requested
const OTHER_LANGUAGE = 0.8; // weight of each other language if none was requested
const PICTURE: Token = { text: '', gram: true, weight: 1 };

/**
 * A query, split into words as each language reads it and into emoji, with its look-ups by different rules.
 */
export class Query {
  readonly languages: Languages;
  /** As the first language reads them. */
  readonly words: readonly Token[];
  /** Those before the last. */
  readonly earlier: readonly Token[];
  /** The words without stop words; all of them if there are no others. */
  readonly content: readonly Token[];
  /** The stickers of each emoji. */
  readonly pictures: readonly (readonly number[])[];
  readonly #pool: Pool;
  readonly #text: string;
  readonly #readings = new Map<string, readonly Token[]>();

  constructor(table: Table, pool: Pool, languages: Languages, query: string) {
    const { emoji, text } = isPlain(query) ? { emoji: [], text: query } : takeEmoji(query);
    this.#pool = pool;
    this.#text = text;
    this.languages = languages;
    this.pictures = emoji.slice(0, MAX_TOKENS).map((e) => picture(table, e));
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

  /** For each word that is known and that no sticker has, the stickers that are nearest to it in meaning. */
  meanings(): Uint32Array[] {
    const found = this.content
      .map(({ text, gram }) => (gram ? null : this.nearest(text)))
      .filter((nearest) => nearest !== null);
    const [main] = this.languages.first;
    const plain = main === undefined || isPlain(this.#text);
    const runs = plain ? [] : runsWithoutSpaces(fold(this.#text, main.tag));
    return [...found, ...runs.flatMap((run) => this.#parts(run))];
  }

  /** The longest known words of a run without spaces, from its beginning. */
  #parts(run: string): Uint32Array[] {
    const found: Uint32Array[] = [];
    for (let at = 0; at < run.length;) {
      let length = Math.min(LONGEST_PART, run.length - at);
      let nearest: Uint32Array | null = null;
      for (; length > 1 && nearest === null; length--) nearest = this.nearest(run.slice(at, at + length));
      if (nearest !== null) found.push(nearest);
      at += nearest === null ? 1 : length + 1;
    }
    return found;
  }

  /** The stickers nearest in meaning to a word that is known and that no sticker has; null for any other word. */
  nearest(text: string): Uint32Array | null {
    for (const meaning of this.languages.meanings) {
      const found = meaning.nearest(text);
      if (found !== null) return found;
    }
    return null;
  }

  /**
   * Looks words up, and the emoji.
   *
   * @param wide - whether to search all other languages too, within the time of a query
   * @param only - sticker → 0 for those to skip
   */
  look(
    words: readonly Token[],
    rule: (token: number) => Rule,
    wide: boolean,
    only: Uint8Array | null = null,
  ): Scores {
    const { first, others } = this.languages;
    const pictures = this.pictures.slice(0, MAX_TOKENS - words.length);
    const tokens = pictures.length === 0 ? words : [...words, ...pictures.map(() => PICTURE)];
    const scores = this.#pool.take(tokens, only);
    first.forEach((language, i) =>
      this.#add(scores, language, i, i === 0 ? 1 : SECOND_LANGUAGE, words, rule),
    );
    if (wide && others.length > 0 && words.length <= MOST_WIDE) this.#widen(scores, words, rule);
    pictures.forEach((found, i) => found.forEach((s) => scores.addEmoji(words.length + i, s)));
    return scores;
  }

  /** Looks words up in all other languages too. */
  #widen(scores: Scores, words: readonly Token[], rule: (token: number) => Rule): void {
    const last = words.length - 1;
    const letters = words.map(({ text }, i) => rule(i).prefix && (i < last ? FEW : ONE).test(text));
    const rules = (i: number): Rule => (letters[i] === true ? WHOLE : rule(i));
    this.languages.others.forEach((language, i) => {
      if (scores.exhausts(language)) return;
      this.#add(scores, language, this.languages.first.length + i, OTHER_LANGUAGE, words, rules);
    });
    letters.forEach((letter, i) => letter && scores.concede(i));
  }

  #add(
    scores: Scores,
    language: Language,
    number: number,
    worth: number,
    words: readonly Token[],
    rule: (token: number) => Rule,
  ): void {
    let own = words;
    if (words === this.words || words === this.earlier) {
      own = this.#reading(language);
      if (own.length !== this.words.length) return;
    }
    scores.add(language, number, worth, (i, hit) => {
      const token = own[i];
      if (token === undefined || i >= words.length) return;
      match(language, token, rule(i), number < this.languages.first.length, hit);
    });
  }

  #reading(language: Language): readonly Token[] {
    const key = foldOf(language.tag);
    const known = this.#readings.get(key);
    if (known !== undefined) return known;
    const tokens = fewWords(distinct(tokenize(fold(this.#text, language.tag))));
    const read = tokens.slice(0, MAX_TOKENS - this.pictures.length);
    this.#readings.set(key, read);
    return read;
  }
}

/** A single letter: in some language it starts a word of nearly every sticker, so it excludes nothing. */
const ONE = /^[a-z]$/;
/** One or two letters: the same is true of a complete word that has no exact match. */
const FEW = /^[a-z]{1,2}$/;

/** Tokens without repetitions. The last one stays, because it may be the beginning of another word. */
const distinct = (tokens: readonly Token[]): readonly Token[] =>
  tokens.length < 2
    ? tokens
    : tokens.filter(
        ({ text }, i) => i === tokens.length - 1 || tokens.findIndex((other) => other.text === text) === i,
      );

/**
 * Drops words after the first twelve, because each short word is the beginning of very many terms. Pieces of
 * a run are rarer.
 */
function fewWords(tokens: readonly Token[]): readonly Token[] {
  if (tokens.length <= MOST_WORDS) return tokens;
  let words = 0;
  return tokens.filter(({ gram }) => gram || ++words <= MOST_WORDS);
}

/** The stickers of an emoji; for an unknown sequence, those of its longest known beginning. */
function picture(table: Table, emoji: string): readonly number[] {
  for (let key = emojiKey(emoji); key !== ''; key = key.slice(0, Math.max(0, key.lastIndexOf('\u200d')))) {
    const found = table.byEmoji.get(key);
    if (found !== undefined) return found;
  }
  return [];
}

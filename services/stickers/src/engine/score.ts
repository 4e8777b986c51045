import { HINT, KEYWORD, type Language, NAME, NONE, VARIANT_NAME } from './language.ts';
import type { Token } from './tokens.ts';

/** What a match in each kind of phrase is worth. */
const WORTH: Readonly<Record<number, number>> = {
  [KEYWORD]: 0.8,
  [NAME]: 1,
  [VARIANT_NAME]: 0.9,
  [HINT]: 0.5,
};
// Tuned on the development tracks of test/eval that are made for it; they are flat around these.
const PART = 0.4; // what a phrase is worth that holds the words among many others
const NAME_PART = 0.6; // what a word of a long name is worth
const WORDS = 1.2; // weight of the words found anywhere in a sticker's phrases
const SECOND = 0.05; // weight of the better keyword beside the better name, or the other way round
const COMMON = 0.17; // weight of how common a sticker is
const UNKNOWN = 0.1; // what a drawing loses that no keyboard types

/** What a query found so far: for every word and sticker, and for every sticker's best phrase. */
export class Scores {
  readonly tokens: readonly Token[];
  /** Token → sticker → quality of the best match, 0 to 1. */
  readonly rows: readonly Float32Array[];
  readonly #names: Float32Array;
  readonly #keywords: Float32Array;
  readonly #best: Float32Array;
  readonly #language: Uint8Array;
  readonly #phrase: Uint32Array;
  readonly #languages: Language[] = [];
  readonly #weight: number;

  constructor(tokens: readonly Token[], stickers: number) {
    this.tokens = tokens;
    this.rows = tokens.map(() => new Float32Array(stickers));
    this.#names = new Float32Array(stickers);
    this.#keywords = new Float32Array(stickers);
    this.#best = new Float32Array(stickers);
    this.#language = new Uint8Array(stickers);
    this.#phrase = new Uint32Array(stickers);
    this.#weight = tokens.reduce((sum, { weight }) => sum + weight, 0);
  }

  /**
   * Adds what one language found.
   *
   * @param collect - calls back with a phrase and a quality, 0 to 1, for each match of a token
   */
  add(
    language: Language,
    worth: number,
    collect: (token: number, hit: (phrase: number, quality: number) => void) => void,
  ): void {
    const width = this.tokens.length;
    const found = new Map<number, Float32Array>(); // phrase → quality of each token
    for (let i = 0; i < width; i++) {
      collect(i, (phrase, quality) => {
        let qualities = found.get(phrase);
        if (qualities === undefined) found.set(phrase, (qualities = new Float32Array(width)));
        if (quality > (qualities[i] ?? 0)) qualities[i] = quality;
      });
    }
    const slot = this.#languages.push(language) - 1;
    for (const [phrase, qualities] of found) {
      let held = 0; // units of the query in this phrase
      let sum = 0;
      for (let i = 0; i < width; i++) {
        const quality = qualities[i] ?? 0;
        const weight = this.tokens[i]?.weight ?? 0;
        if (quality > 0) held += weight;
        sum += quality * weight;
      }
      language.record(phrase, (sticker, kind, units) => {
        const kindWorth = (WORTH[kind] ?? 0) * worth;
        const named = kind === NAME || kind === VARIANT_NAME;
        const part = Math.min(1, held / units);
        const wordWorth = kindWorth * (named ? NAME_PART + (1 - NAME_PART) * part : 1);
        for (let i = 0; i < width; i++) {
          const value = (qualities[i] ?? 0) * wordWorth;
          const row = this.rows[i];
          if (row !== undefined && value > (row[sticker] ?? 0)) row[sticker] = value;
        }
        const score = (kindWorth * (PART + (1 - PART) * part) * sum) / this.#weight;
        const field = named ? this.#names : this.#keywords;
        if (score > (field[sticker] ?? 0)) field[sticker] = score;
        if (score > (this.#best[sticker] ?? 0)) {
          this.#best[sticker] = score;
          this.#language[sticker] = slot;
          this.#phrase[sticker] = phrase;
        }
      });
    }
  }

  /** Says that a token is this sticker's emoji. */
  addEmoji(token: number, sticker: number, quality: number): void {
    const row = this.rows[token];
    if (row !== undefined && quality > (row[sticker] ?? 0)) row[sticker] = quality;
  }

  /** Whether every sticker that a language names has every token already, so that it can add none. */
  exhausts({ names }: Language): boolean {
    return names.every((name, sticker) => name === NONE || this.rows.every((row) => (row[sticker] ?? 0) > 0));
  }

  /** Stickers that have every token, in no order. */
  every(): number[] {
    const found: number[] = [];
    const [first, ...rest] = this.rows;
    first?.forEach((quality, sticker) => {
      if (quality > 0 && rest.every((row) => (row[sticker] ?? 0) > 0)) found.push(sticker);
    });
    return found;
  }

  /** Stickers that have any token, in no order. */
  some(): number[] {
    const found: number[] = [];
    this.rows[0]?.forEach((_, sticker) => {
      if (this.rows.some((row) => (row[sticker] ?? 0) > 0)) found.push(sticker);
    });
    return found;
  }

  /** Which tokens no sticker has. */
  unknown(): boolean[] {
    return this.rows.map((row) => row.every((quality) => quality === 0));
  }

  /** The phrase that matched best, as its source writes it, or null. */
  matched(sticker: number): string | null {
    if ((this.#best[sticker] ?? 0) === 0) return null;
    return this.#languages[this.#language[sticker] ?? 0]?.phrase(this.#phrase[sticker] ?? 0) ?? null;
  }

  /** What each token tells apart: a word that few stickers have tells more. */
  rarity(): number[] {
    return this.rows.map((row) => {
      let has = 0;
      for (const quality of row) if (quality > 0) has++;
      return Math.log(1 + row.length / (1 + has));
    });
  }

  /** How good a sticker is for this query; `weights` are one a token. */
  of(sticker: number, common: number, weights: readonly number[]): number {
    let words = 0;
    let total = 0;
    this.rows.forEach((row, i) => {
      const weight = weights[i] ?? 0;
      words += (row[sticker] ?? 0) * weight;
      total += weight;
    });
    const name = this.#names[sticker] ?? 0;
    const keyword = this.#keywords[sticker] ?? 0;
    const phrases = Math.max(name, keyword) + SECOND * Math.min(name, keyword);
    const known = common === 0 ? -UNKNOWN : (COMMON * common) / 255;
    return (WORDS * words) / Math.max(total, 1e-6) + phrases + known;
  }
}

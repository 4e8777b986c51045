import { type Gathering, MAX_TOKENS } from './gather.ts';
import { HINT, KEYWORD, type Language, NAME, NONE, VARIANT_NAME } from './language.ts';
import type { Hit } from './match.ts';
import type { Token } from './tokens.ts';

/** The score of a match in each kind of phrase. */
const WORTH: number[] = [];
WORTH[KEYWORD] = 0.8;
WORTH[NAME] = 1;
WORTH[VARIANT_NAME] = 0.9;
WORTH[HINT] = 0.5;
// Tuned on the tuning half of test/eval. Small changes of these values make little difference.
const PART = 0.4; // score of a phrase that has the words among many others
const NAME_PART = 0.6; // score of a word of a long name
const KEYWORD_PART = 0.7; // score of a word of a long keyword
const WORDS = 1.2; // weight of the words found anywhere in a sticker's phrases
const SECOND = 0.05; // weight of the second-best match: a keyword beside a name, or a name beside a keyword
const COMMON = 0.17; // weight of how common a sticker is
const CONCEDED = 0.001; // quality of a token that stickers may lack
const UNKNOWN = 0.2; // penalty of artwork that is not an emoji

/** Where a sticker matched best: number of the language << 24 | phrase. */
export const NO_PHRASE = 0xffff_ffff;

/** One phrase of the language that is being scored. */
interface Scored {
  readonly first: number; // index of its first quality
  readonly part: number; // share of the phrase that the query covers
  readonly share: number; // score of the phrase as a whole
}

/**
 * The scores of a query so far: for every word and sticker, and for every sticker's best phrase. The next
 * query reuses the memory: `reset` clears only the entries that were touched.
 */
export class Scores {
  tokens: readonly Token[] = [];
  readonly #rows: Float32Array; // sticker * MAX_TOKENS + token → quality of the best match, 0 to 1
  readonly #has: Uint16Array; // sticker → tokens that it has in some way, one bit each
  readonly #names: Float32Array;
  readonly #keywords: Float32Array;
  readonly #best: Float32Array;
  readonly #where: Uint32Array; // number of the language << 24 | phrase
  readonly #touched: Uint32Array; // stickers that have any token, `#count` of them
  readonly #seen: Uint8Array;
  readonly #present = new Uint8Array(MAX_TOKENS); // tokens in the current phrase
  readonly #gathering: Gathering;
  readonly #common: Uint8Array;
  #count = 0;
  #weight = 0; // of all tokens
  #only: Uint8Array | null = null;

  /** @param common - sticker → how common it is, 0 (rare or unknown) to 255 */
  constructor(common: Uint8Array, gathering: Gathering) {
    const stickers = common.length;
    this.#common = common;
    this.#gathering = gathering;
    this.#rows = new Float32Array(stickers * MAX_TOKENS);
    this.#has = new Uint16Array(stickers);
    this.#names = new Float32Array(stickers);
    this.#keywords = new Float32Array(stickers);
    this.#best = new Float32Array(stickers);
    this.#where = new Uint32Array(stickers);
    this.#touched = new Uint32Array(stickers);
    this.#seen = new Uint8Array(stickers);
  }

  /**
   * Clears everything and starts another look-up.
   *
   * @param tokens - at most MAX_TOKENS
   * @param only - sticker → 0 for those to skip; null: none
   */
  reset(tokens: readonly Token[], only: Uint8Array | null): void {
    for (let at = 0; at < this.#count; at++) {
      const sticker = this.#touched[at] as number;
      const row = sticker * MAX_TOKENS;
      for (let token = 0; token < this.tokens.length; token++) this.#rows[row + token] = 0;
      this.#has[sticker] = this.#seen[sticker] = 0;
      this.#names[sticker] = this.#keywords[sticker] = this.#best[sticker] = 0;
    }
    this.#count = 0;
    this.#only = only;
    this.tokens = tokens;
    this.#weight = tokens.reduce((sum, { weight }) => sum + weight, 0);
  }

  /**
   * Adds the matches of one language.
   *
   * @param number - of the language among those of the query
   * @param collect - calls back with the matches of a token
   */
  add(language: Language, number: number, worth: number, collect: (token: number, hit: Hit) => void): void {
    const gathering = this.#gathering;
    gathering.prepare(language.phrases);
    gathering.count = 0;
    for (let i = 0; i < this.tokens.length; i++) {
      collect(i, (list, count, quality) => gathering.hit(i, list, count, quality));
    }
    for (let at = 0; at < gathering.count; at++) {
      const phrase = gathering.phrases[at] as number;
      this.#credit(language, number, phrase, worth);
      gathering.clear(phrase, this.tokens.length);
    }
  }

  /** Credits the matches of a phrase to the stickers that have it. */
  #credit(language: Language, number: number, phrase: number, worth: number): void {
    const scored = this.#scored(language, phrase, worth);
    const { starts, uses } = language;
    const where = ((number << 24) | phrase) >>> 0;
    const only = this.#only;
    for (let use = starts[phrase] as number, end = starts[phrase + 1] as number; use < end; use++) {
      const kind = (uses[use] as number) & 3;
      const sticker = (uses[use] as number) >> 2;
      if (only !== null && only[sticker] === 0) continue;
      this.#touch(sticker);
      this.#creditWords(scored, sticker, kind, worth);
      this.#creditPhrase(scored, sticker, kind, where);
    }
  }

  /** Scores a phrase by the tokens it has, their share of the phrase, and the weight of the phrase itself. */
  #scored(language: Language, phrase: number, worth: number): Scored {
    const { quality } = this.#gathering;
    const first = phrase * MAX_TOKENS;
    let present = 0;
    let units = 0; // of the query in this phrase
    let sum = 0;
    for (let i = 0; i < this.tokens.length; i++) {
      const found = quality[first + i] as number;
      if (found === 0) continue;
      const { weight } = this.tokens[i] as Token;
      units += weight;
      sum += found * weight;
      this.#present[present++] = i;
    }
    if (present < MAX_TOKENS) this.#present[present] = MAX_TOKENS;
    const part = Math.min(1, units / (language.units[phrase] as number));
    const share = (worth * (PART + (1 - PART) * part) * sum) / this.#weight;
    return { first, part, share };
  }

  /** For each token that the phrase holds, keeps the best quality at which the sticker has it. */
  #creditWords({ first, part }: Scored, sticker: number, kind: number, worth: number): void {
    const least = kind === NAME || kind === VARIANT_NAME ? NAME_PART : KEYWORD_PART;
    const wordWorth = (WORTH[kind] as number) * worth * (least + (1 - least) * part);
    const row = sticker * MAX_TOKENS;
    const { quality } = this.#gathering;
    let has = this.#has[sticker] as number;
    for (let at = 0; at < MAX_TOKENS; at++) {
      const token = this.#present[at] as number;
      if (token === MAX_TOKENS) break;
      const value = (quality[first + token] as number) * wordWorth;
      if (value > (this.#rows[row + token] as number)) this.#rows[row + token] = value;
      has |= 1 << token;
    }
    this.#has[sticker] = has;
  }

  /** Keeps the sticker's best name, its best keyword, and the better of them as what matched. */
  #creditPhrase({ share }: Scored, sticker: number, kind: number, where: number): void {
    const score = (WORTH[kind] as number) * share;
    const best = kind === NAME || kind === VARIANT_NAME ? this.#names : this.#keywords;
    if (score > (best[sticker] as number)) best[sticker] = score;
    if (score > (this.#best[sticker] as number)) {
      this.#best[sticker] = score;
      this.#where[sticker] = where;
    }
  }

  #touch(sticker: number): void {
    if (this.#seen[sticker] === 1) return;
    this.#seen[sticker] = 1;
    this.#touched[this.#count++] = sticker;
  }

  /** Records that a token is this sticker's emoji. */
  addEmoji(token: number, sticker: number): void {
    this.#touch(sticker);
    this.#rows[sticker * MAX_TOKENS + token] = 1;
    this.#has[sticker] = (this.#has[sticker] as number) | (1 << token);
  }

  /** Gives stickers without this token a minimal score. */
  concede(token: number): void {
    for (let sticker = 0; sticker < this.#has.length; sticker++) {
      this.#touch(sticker);
      this.#rows[sticker * MAX_TOKENS + token] ||= CONCEDED;
      this.#has[sticker] = (this.#has[sticker] as number) | (1 << token);
    }
  }

  get #all(): number {
    return (1 << this.tokens.length) - 1;
  }

  /** Whether every sticker that a language names has every token already, so that it can add none. */
  exhausts({ names }: Language): boolean {
    const all = this.#all;
    for (let sticker = 0; sticker < names.length; sticker++) {
      if (names[sticker] !== NONE && this.#has[sticker] !== all) return false;
    }
    return true;
  }

  /** Writes the stickers that have every token, in no order. Returns their number. */
  every(into: Uint32Array): number {
    const all = this.#all;
    let found = 0;
    if (all === 0) return found;
    for (let at = 0; at < this.#count; at++) {
      const sticker = this.#touched[at] as number;
      if (this.#has[sticker] === all) into[found++] = sticker;
    }
    return found;
  }

  /** Writes the stickers that have any token, in no order. Returns their number. */
  some(into: Uint32Array): number {
    for (let at = 0; at < this.#count; at++) into[at] = this.#touched[at] as number;
    return this.#count;
  }

  /** Whether no sticker has any token. */
  get isEmpty(): boolean {
    return this.#count === 0;
  }

  /** For each token, whether no sticker has it. */
  unknown(): boolean[] {
    let has = 0;
    for (let at = 0; at < this.#count; at++) has |= this.#has[this.#touched[at] as number] as number;
    return this.tokens.map((_, i) => (has & (1 << i)) === 0);
  }

  /** The phrase by which a sticker was found: number of the language << 24 | phrase, or NO_PHRASE. */
  where(sticker: number): number {
    return this.#best[sticker] === 0 ? NO_PHRASE : (this.#where[sticker] as number);
  }

  /** The weight of each token: a word that few stickers have weighs more. */
  rarity(): number[] {
    return this.tokens.map((_, i) => {
      let mass = 0; // stickers that have the token, weighted by their quality
      for (let at = 0; at < this.#count; at++) {
        mass += (this.#rows[(this.#touched[at] as number) * MAX_TOKENS + i] as number) ** 2;
      }
      return Math.log(1 + this.#has.length / (1 + mass));
    });
  }

  /** The score of a sticker for this query; `weights` has one weight for each token. */
  of(sticker: number, weights: readonly number[]): number {
    let words = 0;
    let total = 0;
    for (let i = 0; i < weights.length; i++) {
      const weight = weights[i] as number;
      words += (this.#rows[sticker * MAX_TOKENS + i] as number) * weight;
      total += weight;
    }
    const name = this.#names[sticker] as number;
    const keyword = this.#keywords[sticker] as number;
    const phrases = Math.max(name, keyword) + SECOND * Math.min(name, keyword);
    const common = this.#common[sticker] as number;
    const known = common === 0 ? -UNKNOWN : (COMMON * common) / 255;
    return (WORDS * words) / Math.max(total, 1e-6) + phrases + known;
  }
}

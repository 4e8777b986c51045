import { HINT, KEYWORD, type Language, NAME, NONE, VARIANT_NAME } from './language.ts';
import { BEGINNING, type Hit, WORD } from './match.ts';
import type { Token } from './tokens.ts';

/** What a match in each kind of phrase is worth. */
const WORTH: number[] = [];
WORTH[KEYWORD] = 0.8;
WORTH[NAME] = 1;
WORTH[VARIANT_NAME] = 0.9;
WORTH[HINT] = 0.5;
// Tuned on the development tracks of test/eval that are made for it; they are flat around these.
const PART = 0.4; // what a phrase is worth that holds the words among many others
const NAME_PART = 0.6; // what a word of a long name is worth
const KEYWORD_PART = 0.7; // what a word of a keyword of many is worth
const WORDS = 1.2; // weight of the words found anywhere in a sticker's phrases
const SECOND = 0.05; // weight of the better keyword beside the better name, or the other way round
const COMMON = 0.17; // weight of how common a sticker is
const CONCEDED = 0.001; // quality of a token that nobody is asked to have
const UNKNOWN = 0.2; // what a drawing loses that no keyboard types

/** Where the hits of one language are gathered, phrase by phrase. It belongs to one query and goes with it. */
interface Gathered {
  readonly quality: Float32Array; // phrase * width + token → quality of the best match
  readonly words: Uint16Array; // phrase → tokens that stand in it as words, one bit each
  readonly literal: Uint16Array; // phrase → tokens that stand in it as words or beginnings of words
  readonly seen: Uint8Array; // phrase → 1 once it is in `phrases`
  readonly phrases: Uint32Array;
}

/** What a query found so far: for every word and sticker, and for every sticker's best phrase. */
export class Scores {
  readonly tokens: readonly Token[];
  /** Whether some phrase holds every token, as words and the last as a beginning. */
  along = false;
  readonly #stickers: number;
  readonly #rows: Float32Array; // token * stickers + sticker → quality of the best match, 0 to 1
  readonly #words: Uint16Array; // sticker → tokens that are words of a name or keyword of its own, one bit each
  readonly #names: Float32Array;
  readonly #keywords: Float32Array;
  readonly #best: Float32Array;
  readonly #language: Uint8Array;
  readonly #phrase: Uint32Array;
  readonly #languages: Language[] = [];
  readonly #weights: readonly number[];
  readonly #weight: number;
  /** Sticker → 0 where nothing is to be found any more; null: everywhere is. */
  readonly #only: Uint8Array | null;
  #gathered: Gathered | null = null;

  /**
   * @param tokens - at most 16
   * @param only - sticker → 0 for those to pass over
   */
  constructor(tokens: readonly Token[], stickers: number, only: Uint8Array | null = null) {
    this.#only = only;
    this.#weights = tokens.map(({ weight }) => weight);
    this.tokens = tokens;
    this.#stickers = stickers;
    this.#rows = new Float32Array(tokens.length * stickers);
    this.#words = new Uint16Array(stickers);
    this.#names = new Float32Array(stickers);
    this.#keywords = new Float32Array(stickers);
    this.#best = new Float32Array(stickers);
    this.#language = new Uint8Array(stickers);
    this.#phrase = new Uint32Array(stickers);
    this.#weight = this.#weights.reduce((sum, weight) => sum + weight, 0);
  }

  /**
   * Adds what one language found.
   *
   * @param collect - calls back with what matches a token
   */
  add(language: Language, worth: number, collect: (token: number, hit: Hit) => void): void {
    const width = this.tokens.length;
    const gathered = this.#room(language.phrases);
    const { quality: qualities, words, literal, seen, phrases } = gathered;
    let count = 0;
    for (let i = 0; i < width; i++) {
      collect(i, (list, from, to, quality, how) => {
        for (let at = from; at < to; at++) {
          const phrase = list[at] as number;
          if (seen[phrase] === 0) {
            seen[phrase] = 1;
            phrases[count++] = phrase;
          }
          const place = phrase * width + i;
          if (quality > (qualities[place] as number)) qualities[place] = quality;
          if (how >= BEGINNING) literal[phrase] = (literal[phrase] as number) | (1 << i);
          if (how === WORD) words[phrase] = (words[phrase] as number) | (1 << i);
        }
      });
    }
    this.#score(language, worth, gathered, count);
  }

  #room(phrases: number): Gathered {
    if (this.#gathered !== null && this.#gathered.seen.length >= phrases) return this.#gathered;
    const room = Math.max(phrases, 8192);
    return (this.#gathered = {
      quality: new Float32Array(room * this.tokens.length),
      words: new Uint16Array(room),
      literal: new Uint16Array(room),
      seen: new Uint8Array(room),
      phrases: new Uint32Array(room),
    });
  }

  /** Gives what phrases hold to the stickers that have them, and forgets the phrases. */
  #score(language: Language, worth: number, gathered: Gathered, count: number): void {
    const { units, starts, uses } = language;
    const { quality, words, literal, seen, phrases } = gathered;
    const [width, stickers] = [this.tokens.length, this.#stickers];
    const [rows, own, best, only] = [this.#rows, this.#words, this.#best, this.#only];
    const [names, keywords] = [this.#names, this.#keywords];
    const slot = this.#languages.push(language) - 1;
    for (let at = 0; at < count; at++) {
      const phrase = phrases[at] as number;
      const first = phrase * width;
      let held = 0; // units of the query in this phrase
      let sum = 0;
      for (let i = 0; i < width; i++) {
        const found = quality[first + i] as number;
        if (found === 0) continue;
        const weight = this.#weights[i] as number;
        held += weight;
        sum += found * weight;
      }
      const part = Math.min(1, held / (units[phrase] as number));
      const share = (worth * (PART + (1 - PART) * part) * sum) / this.#weight;
      const namePart = NAME_PART + (1 - NAME_PART) * part;
      const keywordPart = KEYWORD_PART + (1 - KEYWORD_PART) * part;
      const wordsHere = words[phrase] as number;
      const along = literal[phrase] === (1 << width) - 1;
      for (let use = starts[phrase] as number, end = starts[phrase + 1] as number; use < end; use++) {
        const kind = (uses[use] as number) & 3;
        const sticker = (uses[use] as number) >> 2;
        if (only !== null && only[sticker] === 0) continue;
        const named = kind === NAME || kind === VARIANT_NAME;
        const kindWorth = WORTH[kind] as number;
        const wordWorth = kindWorth * worth * (named ? namePart : keywordPart);
        for (let i = 0; i < width; i++) {
          const value = (quality[first + i] as number) * wordWorth;
          const place = i * stickers + sticker;
          if (value > (rows[place] as number)) rows[place] = value;
        }
        if (kind !== HINT) {
          if (named || part === 1) own[sticker] = (own[sticker] as number) | wordsHere;
          if (along) this.along = true;
        }
        const score = kindWorth * share;
        if (named) {
          if (score > (names[sticker] as number)) names[sticker] = score;
        } else if (score > (keywords[sticker] as number)) keywords[sticker] = score;
        if (score > (best[sticker] as number)) {
          best[sticker] = score;
          this.#language[sticker] = slot;
          this.#phrase[sticker] = phrase;
        }
      }
      for (let i = 0; i < width; i++) quality[first + i] = 0;
      words[phrase] = literal[phrase] = seen[phrase] = 0;
    }
  }

  /** Says that a token is this sticker's emoji. */
  addEmoji(token: number, sticker: number, quality: number): void {
    const place = token * this.#stickers + sticker;
    this.#rows[place] = Math.max(quality, this.#rows[place] as number);
    this.#words[sticker] = (this.#words[sticker] as number) | (1 << token);
  }

  /** Gives a token, as next to nothing, to every sticker that has it not. */
  concede(token: number): void {
    const end = (token + 1) * this.#stickers;
    for (let at = token * this.#stickers; at < end; at++) this.#rows[at] ||= CONCEDED;
  }

  /** Whether every sticker that a language names has every token already, so that it can add none. */
  exhausts({ names }: Language): boolean {
    for (let sticker = 0; sticker < names.length; sticker++) {
      if (names[sticker] !== NONE && !this.#has(sticker)) return false;
    }
    return true;
  }

  #has(sticker: number): boolean {
    for (let at = sticker; at < this.#rows.length; at += this.#stickers) {
      if (this.#rows[at] === 0) return false;
    }
    return true;
  }

  /** Stickers that have every token, in no order. */
  every(): number[] {
    const found: number[] = [];
    if (this.tokens.length === 0) return found;
    for (let sticker = 0; sticker < this.#stickers; sticker++) if (this.#has(sticker)) found.push(sticker);
    return found;
  }

  /** Stickers that have any token, in no order. */
  some(): number[] {
    const found: number[] = [];
    for (let sticker = 0; sticker < this.#stickers; sticker++) {
      let any = false;
      for (let at = sticker; at < this.#rows.length && !any; at += this.#stickers) any = this.#rows[at] !== 0;
      if (any) found.push(sticker);
    }
    return found;
  }

  /** Whether some sticker has every token as a word of its names and keywords. */
  whole(): boolean {
    return this.#words.includes((1 << this.tokens.length) - 1);
  }

  /** Which tokens no sticker has. */
  unknown(): boolean[] {
    return this.tokens.map((_, i) => this.#count(i) === 0);
  }

  /** How many stickers have a token, those that have it well for more. */
  #mass(token: number): number {
    let mass = 0;
    const end = (token + 1) * this.#stickers;
    for (let at = token * this.#stickers; at < end; at++) mass += (this.#rows[at] as number) ** 2;
    return mass;
  }

  #count(token: number): number {
    let has = 0;
    const end = (token + 1) * this.#stickers;
    for (let at = token * this.#stickers; at < end; at++) if (this.#rows[at] !== 0) has++;
    return has;
  }

  /** The phrase that matched best, as its source writes it, or null. */
  matched(sticker: number): string | null {
    if ((this.#best[sticker] ?? 0) === 0) return null;
    return this.#languages[this.#language[sticker] ?? 0]?.phrase(this.#phrase[sticker] ?? 0) ?? null;
  }

  /** What each token tells apart: a word that few stickers have tells more. */
  rarity(): number[] {
    return this.tokens.map((_, i) => Math.log(1 + this.#stickers / (1 + this.#mass(i))));
  }

  /** How good a sticker is for this query; `weights` are one a token. */
  of(sticker: number, common: number, weights: readonly number[]): number {
    let words = 0;
    let total = 0;
    for (let i = 0; i < weights.length; i++) {
      const weight = weights[i] as number;
      words += (this.#rows[i * this.#stickers + sticker] as number) * weight;
      total += weight;
    }
    const name = this.#names[sticker] as number;
    const keyword = this.#keywords[sticker] as number;
    const phrases = Math.max(name, keyword) + SECOND * Math.min(name, keyword);
    const known = common === 0 ? -UNKNOWN : (COMMON * common) / 255;
    return (WORDS * words) / Math.max(total, 1e-6) + phrases + known;
  }
}

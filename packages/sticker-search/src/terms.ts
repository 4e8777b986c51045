import { SearchError } from './error.ts';
import { Reader } from './reader.ts';

export const BLOCK = 32; // terms: as many as a number has bits
const LETTERS = 32;
/** The first letter of a term in a block says how much it shares with the term before: `String.fromCharCode(32 + n)`. */
export const SHARED = 32;

const decoder = new TextDecoder();

/** Sorted terms, each with numbers: `list` from `starts[i]` to `starts[i + 1]`. */
interface Block {
  readonly terms: readonly string[];
  readonly starts: Uint32Array;
  readonly list: Uint32Array;
}

/** Told of one term and of its numbers. */
export type Visit = (term: string, list: Uint32Array, from: number, to: number) => void;

/**
 * Terms sorted by UTF-16 code unit, in front-coded blocks, each with a list of numbers. Opening them computes
 * nothing but offsets; a block is decoded when a query first reaches it.
 */
export class Terms {
  readonly #bytes: Uint8Array;
  readonly #count: number;
  readonly #ascending: boolean;
  readonly #heads: readonly string[];
  readonly #texts: Uint32Array; // offset of each block's terms, and of the end
  readonly #lists: Uint32Array; // and of its numbers
  readonly #decoded: (Block | undefined)[] = [];
  #letters: Uint32Array | null = null;

  /**
   * @param r - stands at the terms
   * @param count - of the terms
   * @param ascending - whether the numbers of a term ascend, and are stored as differences
   */
  constructor(r: Reader, count: number, ascending: boolean) {
    this.#bytes = r.bytes;
    this.#count = count;
    this.#ascending = ascending;
    const heads = r.text();
    this.#heads = heads === '' ? [] : heads.split('\n');
    this.#texts = readOffsets(r, this.#heads.length);
    this.#lists = readOffsets(r, this.#heads.length);
  }

  /** Visits every term that starts with `prefix`, in order. */
  startingWith(prefix: string, visit: Visit): void {
    const first = Math.max(0, countBelow(this.#heads, prefix, true) - 1);
    for (let b = first; b < this.#heads.length; b++) {
      const { terms, starts, list } = this.#block(b);
      let i = b === first ? countBelow(terms, prefix, false) : 0;
      const whole = terms[terms.length - 1]?.startsWith(prefix) === true; // then all after `i` do
      for (; i < terms.length; i++) {
        const term = terms[i] as string;
        if (!whole && !term.startsWith(prefix)) return;
        visit(term, list, starts[i] as number, starts[i + 1] as number);
      }
    }
  }

  /** Visits the one term that is `term`; whether there is one. */
  exactly(term: string, visit?: Visit): boolean {
    const b = countBelow(this.#heads, term, true) - 1;
    if (b < 0) return false;
    const { terms, starts, list } = this.#block(b);
    const i = countBelow(terms, term, false);
    if (terms[i] !== term) return false;
    visit?.(term, list, starts[i] as number, starts[i + 1] as number);
    return true;
  }

  /** The first term that does not come before `text`. */
  firstFrom(text: string): string | undefined {
    const b = Math.max(0, countBelow(this.#heads, text, true) - 1);
    if (b >= this.#heads.length) return undefined;
    const { terms } = this.#block(b);
    return terms[countBelow(terms, text, false)] ?? this.#heads[b + 1];
  }

  /** Visits the terms that lack at most `missing` (1 or 2) of the letters of a word, in order. */
  withLetters(word: string, missing: 1 | 2, visit: Visit): void {
    const sets = (this.#letters ??= this.#readLetters());
    const letters = new Set(Array.from({ length: word.length }, (_, at) => letterAt(word, at)));
    const firsts = Uint32Array.from(letters, (letter) => letter * this.#heads.length);
    for (let b = 0; b < this.#heads.length; b++) {
      let [one, two, three] = [0, 0, 0]; // terms of the block that lack so many letters, or more: one bit each
      for (let i = 0; i < firsts.length; i++) {
        const lack = ~(sets[(firsts[i] as number) + b] as number);
        three |= two & lack;
        two |= one & lack;
        one |= lack;
      }
      let left = ~(missing === 1 ? two : three);
      if (left === 0) continue;
      const { terms, list, starts } = this.#block(b);
      for (; left !== 0; left &= left - 1) {
        const i = 31 - Math.clz32(left & -left);
        if (i < terms.length) visit(terms[i] as string, list, starts[i] as number, starts[i + 1] as number);
      }
    }
  }

  /** Letter and block → which of the block's terms have the letter: one bit each. */
  #readLetters(): Uint32Array {
    const sets = new Uint32Array(LETTERS * this.#heads.length);
    for (let b = 0; b < this.#heads.length; b++) {
      this.#block(b).terms.forEach((term, i) => {
        for (let at = 0; at < term.length; at++) {
          const place = letterAt(term, at) * this.#heads.length + b;
          sets[place] = (sets[place] as number) | (1 << i);
        }
      });
    }
    return sets;
  }

  #block(index: number): Block {
    return (this.#decoded[index] ??= this.#decode(index));
  }

  #decode(index: number): Block {
    const rest = decoder.decode(this.#bytes.subarray(this.#texts[index], this.#texts[index + 1]));
    let term = this.#heads[index] ?? '';
    const terms = [term];
    if (rest !== '') {
      for (const entry of rest.split('\n')) {
        term = term.slice(0, entry.charCodeAt(0) - SHARED) + entry.slice(1);
        terms.push(term);
      }
    }
    if (terms.length !== Math.min(BLOCK, this.#count - index * BLOCK)) {
      throw new SearchError('corrupt-index', `block ${index}`);
    }
    const starts = new Uint32Array(terms.length + 1);
    const r = new Reader(this.#bytes, this.#lists[index]);
    for (let i = 0; i < terms.length; i++) starts[i + 1] = (starts[i] as number) + r.varint();
    const count = starts[terms.length] as number;
    if (count > this.#bytes.length)
      throw new SearchError('corrupt-index', `block ${index} has too many numbers`);
    const list = new Uint32Array(count);
    for (let i = 0, at = 0; i < terms.length; i++) {
      let before = 0;
      for (; at < (starts[i + 1] as number); at++) {
        list[at] = before + r.varint();
        if (this.#ascending) before = list[at] as number;
      }
    }
    return { terms, starts, list };
  }
}

/**
 * A number for a letter of a text and how often it stood there before: two of a kind are two letters. Those that share
 * a number are taken for each other where terms are chosen, not where they are compared.
 */
function letterAt(text: string, at: number): number {
  const code = text.charCodeAt(at);
  let before = 0;
  for (let i = 0; i < at; i++) if (text.charCodeAt(i) === code) before++;
  return (code + 11 * before) % LETTERS;
}

/** How many of sorted texts come before `text`, or are it too. */
function countBelow(sorted: readonly string[], text: string, orEqual: boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const here = sorted[middle] as string;
    if (here < text || (orEqual && here === text)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Lengths of parts, and the parts: where each begins, and where the last ends. */
function readOffsets(r: Reader, count: number): Uint32Array {
  const offsets = new Uint32Array(count + 1);
  for (let i = 0, at = 0; i < count; i++) offsets[i + 1] = at += r.varint();
  const first = r.at;
  for (let i = 0; i <= count; i++) offsets[i] = (offsets[i] as number) + first;
  r.slice((offsets[count] as number) - first);
  return offsets;
}

import { Cursor, SHARED } from './cursor.ts';
import { SearchError } from './error.ts';
import { Reader } from './reader.ts';

export const BLOCK = 32; // terms: one for each bit of a 32-bit number
const LETTERS = 32;
const MOST_PLACES = 256; // results of `find` that are kept
/** Results of `find` for a text that is not a term: for the beginning of a term, and for any other text. */
const BEGUN = -1;
const ABSENT = -2;

const decoder = new TextDecoder();
const counts = new Uint32Array(BLOCK); // how many numbers each term of the current block has
let list = new Uint32Array(1024);

/**
 * Terms sorted by UTF-16 code unit, in front-coded blocks, each with a list of numbers. A look-up reads the bytes as
 * they are; only `withLetters` decodes terms, and keeps them until `forget`.
 */
export class Terms {
  readonly #bytes: Uint8Array;
  readonly #count: number;
  readonly #ascending: boolean;
  readonly #heads: readonly string[];
  readonly #texts: Uint32Array; // offset of each block's terms, and of the end
  readonly #lists: Uint32Array; // offset of each block's numbers, and of the end
  readonly #cursor: Cursor;
  readonly #reader: Reader;
  readonly #places = new Map<string, number>(); // the latest results of `find`
  #decoded: (readonly string[] | undefined)[] = []; // terms of each block
  #letters: Uint32Array | null = null;

  /**
   * @param r - a reader at the first term
   * @param count - number of terms
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
    this.#cursor = new Cursor(r.bytes);
    this.#reader = new Reader(r.bytes);
    if (Math.ceil(count / BLOCK) !== this.#heads.length) throw new SearchError('corrupt-index', 'blocks');
  }

  /** The numbers that were read last, of any terms. */
  get list(): Uint32Array {
    return list;
  }

  /** The index of a term; negative if it is not a term. */
  find(term: string): number {
    const known = this.#places.get(term);
    if (known !== undefined) return known;
    const place = this.#look(term);
    if (this.#places.size === MOST_PLACES) this.#places.clear();
    this.#places.set(term, place);
    return place;
  }

  /** Whether a term starts with `prefix`. */
  begins(prefix: string): boolean {
    return this.find(prefix) !== ABSENT;
  }

  #look(text: string): number {
    const b = countBelow(this.#heads, text, true) - 1;
    if (b >= 0) {
      const cursor = this.#begin(b, text);
      let before = 0;
      for (let i = 0; cursor.common >= before; i++) {
        if (cursor.length >= 0) return cursor.length === text.length ? b * BLOCK + i : BEGUN;
        before = cursor.common;
        if (!cursor.next()) break;
      }
    }
    return this.#heads[b + 1]?.startsWith(text) === true ? BEGUN : ABSENT;
  }

  /** Reads the numbers of the term at an index into `list`. Returns how many there are. */
  read(place: number): number {
    const i = place % BLOCK;
    this.#readCounts((place - i) / BLOCK);
    let before = 0;
    for (let other = 0; other < i; other++) before += counts[other] as number;
    this.#skip(before);
    return this.#readNumbers(counts[i] as number);
  }

  /** Reads the numbers of each term that starts with `prefix`; calls back with the term's length and how many. */
  startingWith(prefix: string, visit: (length: number, count: number) => void): void {
    if (!this.begins(prefix)) return;
    const first = Math.max(0, countBelow(this.#heads, prefix, true) - 1);
    let any = false;
    for (let b = first; b < this.#heads.length; b++) {
      if (b > first && this.#heads[b]?.startsWith(prefix) !== true) return;
      const terms = this.#readCounts(b);
      const cursor = this.#begin(b, prefix);
      let before = 0; // numbers of the terms that were skipped
      for (let i = 0; i < terms; i++) {
        if (i > 0 && !cursor.next()) throw new SearchError('corrupt-index', `block ${b}`);
        if (cursor.length < 0) {
          if (any) return;
          before += counts[i] as number;
        } else {
          any = true;
          this.#skip(before);
          before = 0;
          visit(cursor.length, this.#readNumbers(counts[i] as number));
        }
      }
    }
  }

  /** Visits the terms, and their places, that lack at most `missing` (1 or 2) of the letters of a word, in order. */
  withLetters(word: string, missing: 1 | 2, visit: (term: string, place: number) => void): void {
    const sets = (this.#letters ??= this.#readLetters());
    const letters = new Set(Array.from({ length: word.length }, (_, at) => letterAt(word, at)));
    const firsts = Uint32Array.from(letters, (letter) => letter * this.#heads.length);
    for (let b = 0; b < this.#heads.length; b++) {
      let [one, two, three] = [0, 0, 0]; // terms of the block that lack this many letters, or more: one bit each
      for (let i = 0; i < firsts.length; i++) {
        const lack = ~(sets[(firsts[i] as number) + b] as number);
        three |= two & lack;
        two |= one & lack;
        one |= lack;
      }
      let left = ~(missing === 1 ? two : three);
      if (left === 0) continue;
      const terms = this.#decode(b);
      for (; left !== 0; left &= left - 1) {
        const i = 31 - Math.clz32(left & -left);
        if (i < terms.length) visit(terms[i] as string, b * BLOCK + i);
      }
    }
  }

  /** All terms. */
  *[Symbol.iterator](): Iterator<string> {
    for (let b = 0; b < this.#heads.length; b++) yield* this.#decode(b);
  }

  /** Frees what `withLetters` decoded. */
  forget(): void {
    this.#decoded = [];
    this.#letters = null;
  }

  /** Letter and block → which of the block's terms have the letter: one bit each. */
  #readLetters(): Uint32Array {
    const sets = new Uint32Array(LETTERS * this.#heads.length);
    for (let b = 0; b < this.#heads.length; b++) {
      this.#decode(b).forEach((term, i) => {
        for (let at = 0; at < term.length; at++) {
          const place = letterAt(term, at) * this.#heads.length + b;
          sets[place] = (sets[place] as number) | (1 << i);
        }
      });
    }
    return sets;
  }

  #decode(block: number): readonly string[] {
    const known = this.#decoded[block];
    if (known !== undefined) return known;
    const rest = decoder.decode(this.#bytes.subarray(this.#texts[block], this.#texts[block + 1]));
    let term = this.#heads[block] ?? '';
    const terms = [term];
    if (rest !== '') {
      for (const entry of rest.split('\n')) {
        term = term.slice(0, entry.charCodeAt(0) - SHARED) + entry.slice(1);
        terms.push(term);
      }
    }
    if (terms.length !== this.#size(block)) throw new SearchError('corrupt-index', `block ${block}`);
    return (this.#decoded[block] = terms);
  }

  #size(block: number): number {
    return Math.min(BLOCK, this.#count - block * BLOCK);
  }

  #begin(block: number, text: string): Cursor {
    const [from, to] = [this.#texts[block] as number, this.#texts[block + 1] as number];
    this.#cursor.begin(this.#heads[block] as string, from, to, text);
    return this.#cursor;
  }

  /**
   * Reads how many numbers each term of a block has, and stops at the first number. Returns how many terms
   * there are.
   */
  #readCounts(block: number): number {
    const size = this.#size(block);
    this.#reader.at = this.#lists[block] as number;
    for (let i = 0; i < size; i++) counts[i] = this.#reader.varint();
    return size;
  }

  #skip(numbers: number): void {
    const reader = this.#reader;
    let { at } = reader;
    for (let left = numbers; left > 0 && at < this.#bytes.length; at++) {
      if ((this.#bytes[at] as number) < 0x80) left--;
    }
    reader.at = at;
  }

  #readNumbers(count: number): number {
    if (count > this.#bytes.length) throw new SearchError('corrupt-index', 'a term has too many numbers');
    if (count > list.length) list = new Uint32Array(2 * count);
    let before = 0;
    for (let i = 0; i < count; i++) {
      list[i] = before + this.#reader.varint();
      if (this.#ascending) before = list[i] as number;
    }
    return count;
  }
}

/**
 * A number for a letter of a text and how often it occurred before: the second occurrence counts as another
 * letter. Letters with the same number are treated as equal when terms are selected, but not when they are
 * compared.
 */
function letterAt(text: string, at: number): number {
  const code = text.charCodeAt(at);
  let before = 0;
  for (let i = 0; i < at; i++) if (text.charCodeAt(i) === code) before++;
  return (code + 11 * before) % LETTERS;
}

/** How many of the sorted texts are less than `text`, or equal to it if `orEqual`. */
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

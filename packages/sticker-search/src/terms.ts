import { SearchError } from './error.ts';
import { Reader } from './reader.ts';

export const BLOCK = 32; // terms
/** The first letter of a term in a block says how much it shares with the term before: `String.fromCharCode(32 + n)`. */
export const SHARED = 32;

const decoder = new TextDecoder();

/** Sorted terms, each with numbers: `list` from `starts[i]` to `starts[i + 1]`. */
interface Block {
  readonly terms: readonly string[];
  /** UTF-16 code units that each shares with the one before it, in the block. */
  readonly shared: Uint8Array;
  readonly starts: Uint32Array;
  readonly list: Uint32Array;
}

/** Told of one term and of its numbers. */
export type Visit = (term: string, list: Uint32Array, from: number, to: number) => void;

/** Told of one term as `Visit` is, and what it shares with the term before; returns how long a prefix is dead, or 0. */
export type Walk = (term: string, list: Uint32Array, from: number, to: number, shared: number) => number;

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

  /** Visits terms in order, but none of those that begin with a prefix that the visitor called dead. */
  walk(visit: Walk): void {
    let last = ''; // visited
    let dead = 0; // units of it
    for (let b = 0; b < this.#heads.length; b++) {
      const prefix = last.slice(0, dead);
      if (dead > 0 && this.#heads[b + 1]?.startsWith(prefix) === true) continue; // and so does all of this block
      const { terms, starts, list, shared } = this.#block(b);
      let i = 0;
      if (dead > 0 && (terms[0] as string).startsWith(prefix)) i = 1;
      else dead = 0;
      for (; i < terms.length; i++) {
        if (dead > 0 && (shared[i] as number) >= dead) continue;
        last = terms[i] as string;
        dead = visit(last, list, starts[i] as number, starts[i + 1] as number, shared[i] as number);
      }
    }
  }

  #block(index: number): Block {
    return (this.#decoded[index] ??= this.#decode(index));
  }

  #decode(index: number): Block {
    const rest = decoder.decode(this.#bytes.subarray(this.#texts[index], this.#texts[index + 1]));
    let term = this.#heads[index] ?? '';
    const terms = [term];
    const shared = new Uint8Array(BLOCK);
    if (rest !== '') {
      for (const entry of rest.split('\n')) {
        const kept = entry.charCodeAt(0) - SHARED;
        shared[terms.length] = kept;
        term = term.slice(0, kept) + entry.slice(1);
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
    return { terms, shared, starts, list };
  }
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

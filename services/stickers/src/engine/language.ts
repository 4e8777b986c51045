import { checksum, Cursor, SearchError } from './cursor.ts';

/** What a phrase is to a sticker: how much a match of it says. */
export const KEYWORD = 0;
export const NAME = 1;
export const VARIANT_NAME = 2; // a name in a region of the language
export const HINT = 3; // a wider word: its group, its formal name

export const MAGIC = 0x31544f53; // "SOT1", little endian
export const BLOCK = 32; // terms
/** A place in the alphabet of lengths shared with the term before: `String.fromCharCode(32 + n)`. */
export const SHARED = 32;
export const NONE = 0xffff_ffff;

interface Block {
  readonly terms: readonly string[];
  readonly postings: readonly number[]; // offsets
}

/**
 * The index of one language as it was built: nothing is computed but offsets, once, in one pass.
 * Terms are sorted by UTF-16 code unit and stand in front-coded blocks, each with its postings.
 */
export class Language {
  readonly tag: string;
  readonly phrases: number;
  /** Regions of this language that have names of their own, by tag: sticker → phrase. */
  readonly variants: ReadonlyMap<string, ReadonlyMap<number, number>>;
  /** Sticker → phrase that is its name, or NONE. */
  readonly names: Uint32Array;
  readonly #bytes: Uint8Array;
  readonly #text: Uint8Array;
  readonly #records: Uint32Array; // offset of each phrase's record
  readonly #heads: readonly string[];
  readonly #blocks: Uint32Array; // offset of each block
  readonly #decoded: (Block | undefined)[] = [];
  readonly #terms: number;
  #phraseText: readonly string[] | null = null;

  /** @throws {SearchError} `corrupt-index` */
  constructor(bytes: Uint8Array, stickers: number) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (bytes.length < 8 || view.getUint32(0, true) !== MAGIC) {
      throw new SearchError('corrupt-index', 'not an index');
    }
    if (view.getUint32(4, true) !== checksum(bytes, 8)) throw new SearchError('corrupt-index', 'damaged');
    const r = new Cursor(bytes, 8);
    this.#bytes = bytes;
    this.tag = r.text();
    if (r.varint() !== stickers) throw new SearchError('corrupt-index', 'made for another catalogue');
    this.phrases = r.varint();
    this.#terms = r.varint();
    this.variants = readVariants(r);
    this.#text = r.slice(r.varint());
    this.#records = new Uint32Array(this.phrases);
    this.names = new Uint32Array(stickers).fill(NONE);
    for (let phrase = 0; phrase < this.phrases; phrase++) {
      this.#records[phrase] = r.at;
      r.varint();
      let sticker = 0;
      for (let left = r.varint(); left > 0; left--) {
        const posting = r.varint();
        sticker += posting >> 2;
        if ((posting & 3) === NAME) this.names[sticker] = phrase;
      }
    }
    const heads = r.text();
    this.#heads = heads === '' ? [] : heads.split('\n');
    this.#blocks = new Uint32Array(this.#heads.length);
    for (let i = 0, at = 0; i < this.#blocks.length; i++) {
      this.#blocks[i] = at;
      at += r.varint();
    }
    for (let i = 0; i < this.#blocks.length; i++) this.#blocks[i] = (this.#blocks[i] ?? 0) + r.at;
  }

  /** The text of a phrase as its source writes it. */
  phrase(phrase: number): string {
    this.#phraseText ??= new TextDecoder().decode(this.#text).split('\n');
    return this.#phraseText[phrase] ?? '';
  }

  /** Units of a phrase, and the stickers that have it with what it is to each. */
  record(phrase: number, visit: (sticker: number, kind: number, units: number) => void): void {
    const r = new Cursor(this.#bytes, this.#records[phrase]);
    const units = r.varint();
    let sticker = 0;
    for (let left = r.varint(); left > 0; left--) {
      const posting = r.varint();
      sticker += posting >> 2;
      visit(sticker, posting & 3, units);
    }
  }

  /** Visits the phrases that hold a term, whose postings are at `offset`. */
  postings(offset: number, visit: (phrase: number) => void): void {
    const r = new Cursor(this.#bytes, offset);
    let phrase = 0;
    for (let left = r.varint(); left > 0; left--) visit((phrase += r.varint()));
  }

  /** Visits every term that starts with `prefix`, in order; stops when told `false`. */
  startingWith(prefix: string, visit: (term: string, postings: number) => boolean | void): void {
    const first = Math.max(0, countBelow(this.#heads, prefix, true) - 1);
    for (let b = first; b < this.#heads.length; b++) {
      const { terms, postings } = this.#block(b);
      for (let i = b === first ? countBelow(terms, prefix, false) : 0; i < terms.length; i++) {
        const term = terms[i] ?? '';
        if (!term.startsWith(prefix) || visit(term, postings[i] ?? 0) === false) return;
      }
    }
  }

  /** The postings of one term, or null. */
  exactly(term: string): number | null {
    let found: number | null = null;
    this.startingWith(term, (first, postings) => {
      if (first === term) found = postings;
      return false;
    });
    return found;
  }

  /** Visits every term in order. */
  all(visit: (term: string, postings: number) => void): void {
    for (let b = 0; b < this.#heads.length; b++) {
      const { terms, postings } = this.#block(b);
      for (let i = 0; i < terms.length; i++) visit(terms[i] ?? '', postings[i] ?? 0);
    }
  }

  #block(index: number): Block {
    return (this.#decoded[index] ??= this.#decode(index));
  }

  #decode(index: number): Block {
    const r = new Cursor(this.#bytes, this.#blocks[index]);
    const rest = r.text();
    let term = this.#heads[index] ?? '';
    const terms = [term];
    if (rest !== '') {
      for (const entry of rest.split('\n')) {
        term = term.slice(0, entry.charCodeAt(0) - SHARED) + entry.slice(1);
        terms.push(term);
      }
    }
    if (terms.length !== Math.min(BLOCK, this.#terms - index * BLOCK)) {
      throw new SearchError('corrupt-index', `block ${index}`);
    }
    const postings = terms.map(() => {
      const at = r.at;
      for (let left = r.varint(); left > 0; left--) r.varint();
      return at;
    });
    return { terms, postings };
  }
}

/** How many of sorted texts come before `text`, or are it too. */
function countBelow(sorted: readonly string[], text: string, orEqual: boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const here = sorted[middle] ?? '';
    if (here < text || (orEqual && here === text)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function readVariants(r: Cursor): Map<string, Map<number, number>> {
  const variants = new Map<string, Map<number, number>>();
  for (let left = r.varint(); left > 0; left--) {
    const names = new Map<number, number>();
    variants.set(r.text(), names);
    let sticker = 0;
    for (let count = r.varint(); count > 0; count--) names.set((sticker += r.varint()), r.varint());
  }
  return variants;
}

import { SearchError } from './error.ts';
import { checksum, Reader } from './reader.ts';

/** What a phrase is to a sticker, which decides how much a match is worth: a keyword. */
export const KEYWORD = 0;
/** A phrase that is a sticker's name. */
export const NAME = 1;
/** A phrase that is a sticker's name in a region of the language. */
export const VARIANT_NAME = 2;
/** A wider word: a sticker's group, its formal name. */
export const HINT = 3;

export const MAGIC = 0x32544f53; // "SOT2", little endian
export const BLOCK = 32; // terms
/** A place in the alphabet of lengths shared with the term before: `String.fromCharCode(32 + n)`. */
export const SHARED = 32;
export const NONE = 0xffff_ffff;

const decoder = new TextDecoder();

/** Sorted terms, each with the phrases that hold it: `list` from `starts[i]` to `starts[i + 1]`. */
interface Block {
  readonly terms: readonly string[];
  /** UTF-16 code units that each shares with the one before it, in the block. */
  readonly shared: Uint8Array;
  readonly starts: Uint32Array;
  readonly list: Uint32Array;
}

/** Told of one term and of the phrases that hold it; `false` stops. */
export type Visit = (
  term: string,
  list: Uint32Array,
  from: number,
  to: number,
  shared: number,
) => boolean | void;

/**
 * The index of one language as it was built: opening it computes nothing but offsets, in one pass. Terms are
 * sorted by UTF-16 code unit and stand in front-coded blocks, read when a query first reaches them.
 */
export class Language {
  readonly tag: string;
  readonly phrases: number;
  /** Units of each phrase, at most 255. */
  readonly units: Uint8Array;
  /** Phrase → its first use; the next phrase's is where its uses end. */
  readonly starts: Uint32Array;
  /** Sticker << 2 | what the phrase is to it. */
  readonly uses: Uint32Array | Uint16Array;
  /** Sticker → phrase that is its name, or NONE. */
  readonly names: Uint32Array;
  readonly #bytes: Uint8Array;
  readonly #text: Uint8Array;
  readonly #variantsAt: number;
  readonly #heads: readonly string[];
  readonly #texts: Uint32Array; // offset of each block's terms, and of the end
  readonly #lists: Uint32Array; // and of its phrases
  readonly #decoded: (Block | undefined)[] = [];
  readonly #terms: number;
  #variants: ReadonlyMap<string, ReadonlyMap<number, number>> | null = null;
  #phraseText: readonly string[] | null = null;

  /** @throws {SearchError} `corrupt-index` */
  constructor(bytes: Uint8Array, stickers: number) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (bytes.length < 8 || view.getUint32(0, true) !== MAGIC) {
      throw new SearchError('corrupt-index', 'not an index');
    }
    if (view.getUint32(4, true) !== checksum(bytes, 8)) throw new SearchError('corrupt-index', 'damaged');
    const r = new Reader(bytes, 8);
    this.#bytes = bytes;
    this.tag = r.text();
    if (r.varint() !== stickers) throw new SearchError('corrupt-index', 'made for another catalogue');
    this.phrases = r.varint();
    this.#terms = r.varint();
    const uses = r.varint();
    const variants = r.varint(); // bytes
    this.#variantsAt = r.at;
    r.slice(variants);
    this.#text = r.slice(r.varint());
    this.units = new Uint8Array(this.phrases);
    this.starts = new Uint32Array(this.phrases + 1);
    this.uses = stickers < 1 << 14 ? new Uint16Array(uses) : new Uint32Array(uses);
    this.names = new Uint32Array(stickers).fill(NONE);
    this.#readUses(r);
    const heads = r.text();
    this.#heads = heads === '' ? [] : heads.split('\n');
    this.#texts = readPlaces(r, this.#heads.length);
    this.#lists = readPlaces(r, this.#heads.length);
  }

  /** Regions of this language that have names of their own, by tag: sticker → phrase. */
  get variants(): ReadonlyMap<string, ReadonlyMap<number, number>> {
    return (this.#variants ??= readVariants(new Reader(this.#bytes, this.#variantsAt)));
  }

  /** The text of a phrase as its source writes it. */
  phrase(phrase: number): string {
    this.#phraseText ??= new TextDecoder().decode(this.#text).split('\n');
    return this.#phraseText[phrase] ?? '';
  }

  /** Visits every term that starts with `prefix`, in order; stops when told `false`. */
  startingWith(prefix: string, visit: Visit): void {
    const first = Math.max(0, countBelow(this.#heads, prefix, true) - 1);
    for (let b = first; b < this.#heads.length; b++) {
      const { terms, starts, list, shared } = this.#block(b);
      let i = b === first ? countBelow(terms, prefix, false) : 0;
      const whole = terms[terms.length - 1]?.startsWith(prefix) === true; // then all after `i` do
      for (; i < terms.length; i++) {
        const term = terms[i] ?? '';
        if (!whole && !term.startsWith(prefix)) return;
        if (visit(term, list, starts[i] ?? 0, starts[i + 1] ?? 0, shared[i] ?? 0) === false) return;
      }
    }
  }

  /** Visits the one term that is `term`; whether there is one. */
  exactly(term: string, visit?: Visit): boolean {
    const b = countBelow(this.#heads, term, true) - 1;
    if (b < 0) return false;
    const { terms, starts, list, shared } = this.#block(b);
    const i = countBelow(terms, term, false);
    if (terms[i] !== term) return false;
    visit?.(term, list, starts[i] ?? 0, starts[i + 1] ?? 0, shared[i] ?? 0);
    return true;
  }

  /** The first term that does not come before `text`. */
  firstFrom(text: string): string | undefined {
    const b = Math.max(0, countBelow(this.#heads, text, true) - 1);
    if (b >= this.#heads.length) return undefined;
    const { terms } = this.#block(b);
    return terms[countBelow(terms, text, false)] ?? this.#heads[b + 1];
  }

  /** Visits every term in order. */
  all(visit: Visit): void {
    this.startingWith('', visit);
  }

  #block(index: number): Block {
    return (this.#decoded[index] ??= this.#decode(index));
  }

  #readUses(r: Reader): void {
    const { units, starts, uses, names } = this;
    let at = 0;
    for (let phrase = 0; phrase < units.length; phrase++) units[phrase] = r.varint();
    for (let phrase = 0; phrase < units.length; phrase++) starts[phrase + 1] = at += r.varint();
    if (at !== uses.length) throw new SearchError('corrupt-index', 'uses');
    at = 0;
    for (let phrase = 0; phrase < units.length; phrase++) {
      let sticker = 0;
      for (const end = starts[phrase + 1] as number; at < end;) {
        const use = r.varint();
        sticker += use >> 2;
        uses[at++] = (sticker << 2) | (use & 3);
        if ((use & 3) === NAME) names[sticker] = phrase;
      }
    }
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
    if (terms.length !== Math.min(BLOCK, this.#terms - index * BLOCK)) {
      throw new SearchError('corrupt-index', `block ${index}`);
    }
    const list: number[] = [];
    const starts = new Uint32Array(terms.length + 1);
    const r = new Reader(this.#bytes, this.#lists[index]);
    for (let i = 0; i < terms.length; i++) starts[i + 1] = (starts[i] ?? 0) + r.varint();
    for (let i = 0; i < terms.length; i++) {
      let phrase = 0;
      while (list.length < (starts[i + 1] ?? 0)) list.push((phrase += r.varint()));
    }
    return { terms, shared, starts, list: Uint32Array.from(list) };
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

/** Lengths of parts, and the parts: where each begins, and where the last ends. */
function readPlaces(r: Reader, count: number): Uint32Array {
  const places = new Uint32Array(count + 1);
  for (let i = 0, at = 0; i < count; i++) places[i + 1] = at += r.varint();
  const first = r.at;
  for (let i = 0; i <= count; i++) places[i] = (places[i] ?? 0) + first;
  r.slice((places[count] ?? 0) - first);
  return places;
}

function readVariants(r: Reader): Map<string, Map<number, number>> {
  const variants = new Map<string, Map<number, number>>();
  for (let left = r.varint(); left > 0; left--) {
    const names = new Map<number, number>();
    variants.set(r.text(), names);
    let sticker = 0;
    for (let count = r.varint(); count > 0; count--) names.set((sticker += r.varint()), r.varint());
  }
  return variants;
}

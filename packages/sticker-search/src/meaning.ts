import { SearchError } from './error.ts';
import { inflections } from './inflect.ts';
import { openFramed, Reader } from './reader.ts';
import { Recent } from './recent.ts';
import { Terms } from './terms.ts';

export const MEANING_MAGIC = 0x314d4f53; // "SOM1", little endian
export const RELATED_MAGIC = 0x314c4552; // "REL1", little endian
const SURE = 0.8; // the lowest confidence of another form of a word
const RECENT_WORDS = 128;

/** The stickers that are nearest to each sticker in meaning, nearest first. */
export class RelatedWords {
  readonly #bytes: Uint8Array;
  readonly #starts: Uint32Array; // of each sticker's list, in bytes

  /** @throws {SearchError} `corrupt-index` */
  constructor(bytes: Uint8Array, stickers: number) {
    const r = openFramed(bytes, RELATED_MAGIC);
    if (r.varint() !== stickers) throw new SearchError('corrupt-index', 'made for another catalogue');
    this.#bytes = bytes;
    this.#starts = new Uint32Array(stickers);
    for (let sticker = 0; sticker < stickers; sticker++) {
      this.#starts[sticker] = r.at;
      for (let left = r.varint(); left > 0; left--) {
        if (r.varint() >= stickers)
          throw new SearchError('corrupt-index', 'a related sticker does not exist');
      }
    }
  }

  /** Visits them with their rank, from 0. */
  of(sticker: number, visit: (related: number, rank: number) => void): void {
    const r = new Reader(this.#bytes, this.#starts[sticker]);
    for (let rank = 0, count = r.varint(); rank < count; rank++) visit(r.varint(), rank);
  }
}

/**
 * The words of a language that no sticker has, each with the stickers that are nearest in meaning, nearest first.
 * It is also a vocabulary: a word that is in it is known, and not a typo of another one.
 */
export class Meaning {
  readonly tag: string;
  readonly #terms: Terms;
  readonly #recent = new Recent<{ readonly stickers: Uint32Array | null }>(RECENT_WORDS);

  /** @throws {SearchError} `corrupt-index` */
  constructor(bytes: Uint8Array, stickers: number) {
    const r = openFramed(bytes, MEANING_MAGIC);
    this.tag = r.text();
    if (r.varint() !== stickers) throw new SearchError('corrupt-index', 'made for another catalogue');
    this.#terms = new Terms(r, r.varint(), false);
  }

  /** The stickers nearest to a word or, in English, to a plain form of it; null for a word that is not known. */
  nearest(word: string): Uint32Array | null {
    return this.#recent.get(word, () => ({ stickers: this.#find(word) })).stickers;
  }

  #find(word: string): Uint32Array | null {
    const found = this.#exactly(word);
    if (found !== null || this.tag !== 'en') return found;
    for (const [form, likeness] of inflections(word)) {
      const other = likeness > SURE ? this.#exactly(form) : null;
      if (other !== null) return other;
    }
    return null;
  }

  #exactly(word: string): Uint32Array | null {
    const place = this.#terms.find(word);
    if (place < 0) return null;
    const count = this.#terms.read(place);
    return this.#terms.list.slice(0, count);
  }
}

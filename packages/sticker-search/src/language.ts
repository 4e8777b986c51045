import { SearchError } from './error.ts';
import { inflections } from './inflect.ts';
import { openFramed, Reader } from './reader.ts';
import { Recent } from './recent.ts';
import { Terms } from './terms.ts';

/** What a phrase is to a sticker, which decides how much a match is worth: a keyword. */
export const KEYWORD = 0;
/** A phrase that is a sticker's name. */
export const NAME = 1;
/** A phrase that is a sticker's name in a region of the language. */
export const VARIANT_NAME = 2;
/** A wider word: a sticker's group, its formal name. */
export const HINT = 3;

export const MAGIC = 0x32544f53; // "SOT2", little endian
export const NONE = 0xffff_ffff;
const RECENT_WORDS = 128;

/** A form of a word that is a term of an index. */
export interface WordForm {
  readonly likeness: number;
  readonly list: Uint32Array;
  readonly from: number;
  readonly to: number;
}

/** The index of one language as it was built: opening it computes nothing but offsets, in one pass. */
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
  /** Term → the phrases that hold it. */
  readonly terms: Terms;
  readonly #bytes: Uint8Array;
  readonly #text: Uint8Array;
  readonly #variantsAt: number;
  #variants: ReadonlyMap<string, ReadonlyMap<number, number>> | null = null;
  #phraseText: readonly string[] | null = null;
  readonly #inflected = new Recent<readonly WordForm[]>(RECENT_WORDS);

  /** @throws {SearchError} `corrupt-index` */
  constructor(bytes: Uint8Array, stickers: number) {
    const r = openFramed(bytes, MAGIC);
    this.#bytes = bytes;
    this.tag = r.text();
    if (r.varint() !== stickers) throw new SearchError('corrupt-index', 'made for another catalogue');
    this.phrases = r.varint();
    const terms = r.varint();
    const uses = r.varint();
    const variants = r.varint(); // bytes
    if (this.phrases > bytes.length || uses > bytes.length) {
      throw new SearchError('corrupt-index', 'more phrases or uses than the file has bytes');
    }
    this.#variantsAt = r.at;
    r.slice(variants);
    this.#text = r.slice(r.varint());
    this.units = new Uint8Array(this.phrases);
    this.starts = new Uint32Array(this.phrases + 1);
    this.uses = stickers < 1 << 14 ? new Uint16Array(uses) : new Uint32Array(uses);
    this.names = new Uint32Array(stickers).fill(NONE);
    this.#readUses(r);
    this.terms = new Terms(r, terms, true);
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

  /** The other English forms of a word that are terms. Every step of a query asks for them, and so does the next query. */
  inflected(word: string): readonly WordForm[] {
    return this.#inflected.get(word, () => {
      const found: WordForm[] = [];
      for (const [form, likeness] of inflections(word)) {
        this.terms.exactly(form, (_, list, from, to) => void found.push({ likeness, list, from, to }));
      }
      return found;
    });
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
        if (sticker >= names.length) {
          throw new SearchError('corrupt-index', `phrase ${phrase} names a sticker that does not exist`);
        }
        uses[at++] = (sticker << 2) | (use & 3);
        if ((use & 3) === NAME) names[sticker] = phrase;
      }
    }
  }
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

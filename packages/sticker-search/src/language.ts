import { SearchError } from './error.ts';
import { inflections } from './inflect.ts';
import { openFramed, Reader } from './reader.ts';
import { Recent } from './recent.ts';
import { Terms } from './terms.ts';

/** The kind of a phrase, which decides how much a match is worth. This kind: a keyword. */
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
const MOST_TEXTS = 1024; // phrases that are kept as text
const STRIDE = 16; // phrases
const NEW_LINE = 10;
const decoder = new TextDecoder();

/** A form of a word that is a term of an index. */
export interface WordForm {
  readonly likeness: number;
  /** The phrases that hold it. */
  readonly list: Uint32Array;
}

/** The index of one language in its built form. Opening it only computes offsets, in one pass. */
export class Language {
  readonly tag: string;
  readonly phrases: number;
  /** Units of each phrase, at most 255. */
  readonly units: Uint8Array;
  /** Phrase → its first use. Its uses end where those of the next phrase begin. */
  readonly starts: Uint32Array;
  /** Sticker << 2 | kind of the phrase. */
  readonly uses: Uint32Array | Uint16Array;
  /** Sticker → phrase that is its name, or NONE. */
  readonly names: Uint32Array;
  /** Term → the phrases that contain it. */
  readonly terms: Terms;
  readonly #bytes: Uint8Array;
  readonly #text: Uint8Array;
  readonly #variantsAt: number;
  #variants: ReadonlyMap<string, ReadonlyMap<number, number>> | null = null;
  #offsets: Uint32Array | null = null; // in `#text`, of every STRIDE-th phrase
  readonly #phraseText = new Map<number, string>();
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
    const known = this.#phraseText.get(phrase);
    if (known !== undefined) return known;
    const text = this.#decodePhrase(phrase);
    if (this.#phraseText.size === MOST_TEXTS) this.#phraseText.clear();
    this.#phraseText.set(phrase, text);
    return text;
  }

  #decodePhrase(phrase: number): string {
    const text = this.#text;
    this.#offsets ??= offsetsOf(text, this.phrases);
    let from = this.#offsets[Math.floor(phrase / STRIDE)] ?? text.length;
    for (let left = phrase % STRIDE; left > 0; left--) from = text.indexOf(NEW_LINE, from) + 1 || text.length;
    const to = text.indexOf(NEW_LINE, from);
    return decoder.decode(text.subarray(from, to < 0 ? text.length : to));
  }

  /**
   * The other English forms of a word that are terms. They are kept, because every step of a query and the
   * next query need them.
   */
  inflected(word: string): readonly WordForm[] {
    return this.#inflected.get(word, () => {
      const found: WordForm[] = [];
      for (const [form, likeness] of inflections(word)) {
        const place = this.terms.find(form);
        if (place < 0) continue;
        const count = this.terms.read(place);
        found.push({ likeness, list: this.terms.list.slice(0, count) });
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

/** Where every STRIDE-th line of a text begins. */
function offsetsOf(text: Uint8Array, lines: number): Uint32Array {
  const offsets = new Uint32Array(Math.ceil(lines / STRIDE));
  for (let line = 0, at = 0; line < lines; line++) {
    if (line % STRIDE === 0) offsets[line / STRIDE] = at;
    at = text.indexOf(NEW_LINE, at) + 1 || text.length;
  }
  return offsets;
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

import { fold } from './fold.ts';
import { HINT, KEYWORD, MAGIC, NAME, VARIANT_NAME } from './language.ts';
import { LATIN } from './latin.ts';
import { MEANING_MAGIC, RELATED_MAGIC } from './meaning.ts';
import { checksum } from './reader.ts';
import { commonPrefix, SHARED } from './cursor.ts';
import { BLOCK } from './terms.ts';
import { indexTerms } from './tokens.ts';
import { Writer } from './writer.ts';

/** A name or keyword of one sticker in one language. */
export interface Entry {
  readonly sticker: number;
  readonly phrase: string;
  readonly kind: number;
}

/** All entries of one language's index. */
export interface LanguageSource {
  readonly tag: string;
  readonly stickers: number;
  readonly entries: readonly Entry[];
  /** How people type a phrase in Latin letters, for languages of another script. */
  readonly spellings?: (phrase: string) => readonly string[];
  /** Tag of a region or script → its names. */
  readonly variants: ReadonlyMap<string, readonly { readonly sticker: number; readonly phrase: string }[]>;
}

const RANK: readonly number[] = [NAME, VARIANT_NAME, KEYWORD, HINT]; // which of two equal phrases is kept

const utf8 = new TextEncoder();
const byCode = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

interface Phrase {
  readonly text: string;
  readonly terms: readonly string[];
  readonly units: number;
  readonly stickers: Map<number, number>; // sticker → kind
}

/** Encodes one language's index, in the form that `language.ts` reads. The same entries give the same bytes. */
export function encodeLanguage({ tag, stickers, entries, variants, spellings }: LanguageSource): Uint8Array {
  const phrases = collect(tag, entries, variants).map((phrase) =>
    withSpellings(phrase, spellings?.(phrase.text) ?? []),
  );
  return encodeIndex(tag, stickers, phrases, variants);
}

const withSpellings = (phrase: Phrase, spellings: readonly string[]): Phrase => ({
  ...phrase,
  terms: [...phrase.terms, ...(phrase.terms.length > 0 ? spellings.map((spelling) => LATIN + spelling) : [])],
});

/** Encodes phrases, sorted by their text, with the index terms of each. */
function encodeIndex(
  tag: string,
  stickers: number,
  phrases: readonly Phrase[],
  variants: LanguageSource['variants'],
): Uint8Array {
  const number = new Map(phrases.map(({ text }, i) => [text, i]));
  const out = new Writer();
  out.text(tag);
  out.varint(stickers);
  out.varint(phrases.length);
  const postings = invert(phrases);
  const terms = [...postings.keys()].toSorted(byCode);
  out.varint(terms.length);
  out.varint(phrases.reduce((sum, phrase) => sum + phrase.stickers.size, 0));
  const regions = new Writer();
  regions.varint(variants.size);
  for (const [variant, names] of [...variants].toSorted(([a], [b]) => byCode(a, b))) {
    regions.text(variant);
    regions.varint(names.length);
    let before = 0;
    for (const { sticker, phrase } of names.toSorted((a, b) => a.sticker - b.sticker)) {
      regions.varint(sticker - before);
      regions.varint(number.get(phrase) ?? 0);
      before = sticker;
    }
  }
  out.varint(regions.bytes.length);
  out.raw(regions.bytes);
  out.text(phrases.map(({ text }) => text).join('\n'));
  for (const { units } of phrases) out.varint(Math.min(255, Math.max(1, units))); // stored separately, because they compress better
  for (const { stickers: has } of phrases) out.varint(has.size);
  for (const phrase of phrases) {
    let before = 0;
    for (const [sticker, kind] of [...phrase.stickers].toSorted(([a], [b]) => a - b)) {
      out.varint(((sticker - before) << 2) | kind);
      before = sticker;
    }
  }
  writeTerms(out, terms, postings, true);
  return framed(MAGIC, out.bytes);
}

/** Encodes words with the stickers nearest to each, nearest first, in the form that `meaning.ts` reads. */
export function encodeMeaning(
  tag: string,
  stickers: number,
  words: ReadonlyMap<string, readonly number[]>,
): Uint8Array {
  const out = new Writer();
  out.text(tag);
  out.varint(stickers);
  out.varint(words.size);
  writeTerms(out, [...words.keys()].toSorted(byCode), words, false);
  return framed(MEANING_MAGIC, out.bytes);
}

/** Encodes the stickers nearest to each sticker, nearest first. */
export function encodeRelated(lists: readonly (readonly number[])[]): Uint8Array {
  const out = new Writer();
  out.varint(lists.length);
  for (const list of lists) {
    out.varint(list.length);
    for (const sticker of list) out.varint(sticker);
  }
  return framed(RELATED_MAGIC, out.bytes);
}

/** A file: its magic number, a checksum and its fields. */
function framed(magic: number, body: Uint8Array): Uint8Array {
  const whole = new Uint8Array(8 + body.length);
  whole.set(body, 8);
  const view = new DataView(whole.buffer);
  view.setUint32(0, magic, true);
  view.setUint32(4, checksum(whole, 8), true);
  return whole;
}

function writeTerms(
  out: Writer,
  terms: readonly string[],
  postings: ReadonlyMap<string, readonly number[]>,
  ascending: boolean,
): void {
  const heads: string[] = [];
  const texts: Uint8Array[] = [];
  const lists: Uint8Array[] = [];
  for (let i = 0; i < terms.length; i += BLOCK) {
    const block = terms.slice(i, i + BLOCK);
    const body = new Writer();
    const text = utf8.encode(
      block
        .slice(1)
        .map((term, j) => {
          const shared = Math.min(commonPrefix(block[j] ?? '', term), 90);
          return String.fromCharCode(SHARED + shared) + term.slice(shared);
        })
        .join('\n'),
    );
    for (const term of block) body.varint(postings.get(term)?.length ?? 0);
    for (const term of block) {
      const list = postings.get(term) ?? [];
      let before = 0;
      for (const phrase of list) {
        body.varint(phrase - before);
        if (ascending) before = phrase;
      }
    }
    heads.push(block[0] ?? '');
    texts.push(text);
    lists.push(body.bytes);
  }
  out.text(heads.join('\n'));
  for (const parts of [texts, lists]) {
    for (const part of parts) out.varint(part.length);
    for (const part of parts) out.raw(part);
  }
}

/**
 * The phrases of a language in order of their text, each with its stickers; of two that fold to the same
 * text, one is kept.
 */
function collect(
  tag: string,
  entries: readonly Entry[],
  variants: LanguageSource['variants'],
): readonly Phrase[] {
  const phrases = new Map<string, Phrase & { readonly key: string }>();
  const phraseOf = (text: string): Phrase & { readonly key: string } => {
    let phrase = phrases.get(text);
    if (phrase === undefined) {
      const folded = indexTerms(fold(text, tag));
      phrase = { text, ...folded, key: folded.terms.join(' '), stickers: new Map() };
      phrases.set(text, phrase);
    }
    return phrase;
  };
  const taken = new Map<number, Set<string>>(); // sticker → its folded phrases
  for (const kind of RANK) {
    for (const entry of entries) {
      if (entry.kind !== kind) continue;
      const phrase = phraseOf(entry.phrase);
      const seen = taken.get(entry.sticker) ?? new Set();
      taken.set(entry.sticker, seen);
      if (seen.has(phrase.key) && kind !== NAME) continue;
      seen.add(phrase.key);
      if (!phrase.stickers.has(entry.sticker)) phrase.stickers.set(entry.sticker, kind);
    }
  }
  for (const names of variants.values()) for (const { phrase } of names) phraseOf(phrase);
  const shown = new Set([...variants.values()].flat().map(({ phrase }) => phrase));
  return [...phrases.values()]
    .filter(({ text, stickers }) => stickers.size > 0 || shown.has(text))
    .map((phrase) => (phrase.stickers.size > 0 ? phrase : { ...phrase, terms: [] })) // displayed, but not searched
    .toSorted((a, b) => byCode(a.text, b.text));
}

function invert(phrases: readonly Phrase[]): Map<string, number[]> {
  const postings = new Map<string, number[]>();
  phrases.forEach(({ terms }, i) => {
    for (const term of terms) {
      const list = postings.get(term);
      if (list === undefined) postings.set(term, [i]);
      else list.push(i);
    }
  });
  return postings;
}

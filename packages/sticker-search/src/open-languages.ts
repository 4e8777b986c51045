import { SearchError } from './error.ts';
import { Language, NONE } from './language.ts';
import { isLocale, languageOf, parents } from './locale.ts';
import { Meaning } from './meaning.ts';
import type { Languages } from './query.ts';

const MOST_WARM = 6; // languages whose terms stay decoded for matches with edits

/** A language, and the names that the regions of a locale have for stickers, the nearest region first. */
interface Naming {
  readonly language: Language;
  readonly regions: readonly ReadonlyMap<number, number>[];
}

/** The languages that a locale is searched in, and those that it names stickers in. */
export interface Chosen extends Languages {
  readonly namings: readonly Naming[];
}

type Files = Readonly<Record<string, Uint8Array>>;

/** The languages of a catalogue. The files of each are opened at their first use. */
export class OpenLanguages {
  readonly #languages: OpenFiles<Language>;
  readonly #meanings: OpenFiles<Meaning>;
  readonly #warm = new Set<Language>(); // in the order of their last use

  /** @param count - how many stickers the catalogue has @throws {SearchError} `corrupt-index` without English */
  constructor(indexes: Files, meanings: Files, count: number) {
    this.#languages = new OpenFiles(indexes, (bytes) => new Language(bytes, count));
    this.#meanings = new OpenFiles(meanings, (bytes) => new Meaning(bytes, count));
    if (this.#languages.get('en') === null)
      throw new SearchError('corrupt-index', 'there is no index of English');
  }

  get tags(): string[] {
    return this.#languages.tags.toSorted();
  }

  /** The languages of a locale: its own and English; without a locale, all. @throws {SearchError} `unknown-locale` */
  choose(locale: string | undefined): Chosen {
    if (locale !== undefined && !isLocale(locale))
      throw new SearchError('unknown-locale', 'not a language tag');
    const tag = locale === undefined ? 'en' : languageOf(locale);
    const first = tag === 'en' || !this.#languages.has(tag) ? ['en'] : [tag, 'en'];
    const others = locale === undefined ? this.tags.filter((other) => other !== 'en') : [];
    const opened = this.#languages.all(first);
    const regions = locale === undefined ? [] : parents(locale);
    const namings = opened.map((one) => ({
      language: one,
      regions: regions.flatMap((region) => one.variants.get(region) ?? []),
    }));
    return {
      first: opened,
      others: this.#languages.all(others),
      meanings: this.#meanings.all(first),
      namings,
    };
  }

  /** Keeps the decoded terms of the languages that were used last, and frees those of the others. */
  keepWarm(used: Language): void {
    this.#warm.delete(used);
    this.#warm.add(used);
    const [oldest] = this.#warm;
    if (this.#warm.size <= MOST_WARM || oldest === undefined) return;
    this.#warm.delete(oldest);
    oldest.terms.forget();
  }

  add(tag: string, index: Uint8Array, meaning: Uint8Array | undefined): void {
    this.#languages.add(tag, index);
    if (meaning !== undefined) this.#meanings.add(tag, meaning);
  }

  remove(tag: string): void {
    const removed = this.#languages.remove(tag);
    if (removed !== undefined) this.#warm.delete(removed);
    this.#meanings.remove(tag);
  }
}

/** Files by language, each opened at its first use. */
class OpenFiles<T> {
  readonly #files: Record<string, Uint8Array>;
  readonly #opened = new Map<string, T>();
  readonly #open: (bytes: Uint8Array) => T;

  constructor(files: Files, open: (bytes: Uint8Array) => T) {
    this.#files = { ...files };
    this.#open = open;
  }

  get tags(): string[] {
    return Object.keys(this.#files);
  }

  has(tag: string): boolean {
    return Object.hasOwn(this.#files, tag);
  }

  /** Null if there is no such file. */
  get(tag: string): T | null {
    const known = this.#opened.get(tag);
    if (known !== undefined) return known;
    const bytes = this.has(tag) ? this.#files[tag] : undefined;
    if (bytes === undefined) return null;
    const made = this.#open(bytes);
    this.#opened.set(tag, made);
    return made;
  }

  all(tags: readonly string[]): T[] {
    return tags.flatMap((tag) => this.get(tag) ?? []);
  }

  /** A language that is open stays as it is. */
  add(tag: string, bytes: Uint8Array): void {
    this.#files[tag] = bytes;
  }

  /** Returns what was open. */
  remove(tag: string): T | undefined {
    const opened = this.#opened.get(tag);
    this.#opened.delete(tag);
    Reflect.deleteProperty(this.#files, tag);
    return opened;
  }
}

/** The name of a sticker in the first language that has one. Names of a region take precedence. */
export function nameIn(namings: readonly Naming[], sticker: number): string {
  for (const { language, regions } of namings) {
    for (const names of regions) {
      const phrase = names.get(sticker);
      if (phrase !== undefined) return language.phrase(phrase);
    }
    const phrase = language.names[sticker] ?? NONE;
    if (phrase !== NONE) return language.phrase(phrase);
  }
  return '';
}

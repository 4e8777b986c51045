import { en, type Strings } from './en.ts';

export type { Strings } from './en.ts';

const tables = new Map<string, Strings>([['en', en]]);

/**
 * Adds a language, by its two- or three-letter code, to every picker on the page. Call it before a picker is shown.
 */
export function addStrings(language: string, table: Strings): void {
  tables.set(language, table);
}

const RIGHT_TO_LEFT = new Set(['ar', 'ckb', 'dv', 'fa', 'he', 'ps', 'sd', 'ug', 'ur', 'yi']);

/** The language of a locale without region or script: `pt` for `pt-BR`. */
export const languageOf = (locale: string): string => (locale.split(/[-_]/)[0] ?? '').toLowerCase();

/** A locale as a BCP 47 tag, or only its language if it is not a valid tag. */
export function tagOf(locale: string): string {
  try {
    return new Intl.Locale(locale).toString();
  } catch {
    return languageOf(locale);
  }
}

/** The strings of a locale's language, or English if there are none. */
export const stringsFor = (locale: string): Strings => tables.get(languageOf(locale)) ?? en;

/** The writing direction of a locale's language. */
export const directionOf = (locale: string): 'rtl' | 'ltr' =>
  RIGHT_TO_LEFT.has(languageOf(locale)) ? 'rtl' : 'ltr';

/** Replaces `{n}` and `{q}` in a string. The query is put between isolates, so that it keeps its own direction. */
export function fill(text: string, values: { readonly n?: string; readonly q?: string }): string {
  return text.replace('{n}', values.n ?? '').replace('{q}', () => `\u2068${values.q ?? ''}\u2069`);
}

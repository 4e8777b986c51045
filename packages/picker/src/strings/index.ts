import { en, type Strings } from './en.ts';

export type { Strings } from './en.ts';

const tables = new Map<string, Strings>([['en', en]]);

/** Teaches every picker of the page a language, by its two or three letters; before it is shown. */
export function addStrings(language: string, table: Strings): void {
  tables.set(language, table);
}

const RIGHT_TO_LEFT = new Set(['ar', 'ckb', 'dv', 'fa', 'he', 'ps', 'sd', 'ug', 'ur', 'yi']);

/** The language of a locale tag, without region or script: `pt` of `pt-BR`. */
export const languageOf = (locale: string): string => (locale.split(/[-_]/)[0] ?? '').toLowerCase();

/** A locale as BCP 47 writes it, region and all; its language where it is no such tag. */
export function tagOf(locale: string): string {
  try {
    return new Intl.Locale(locale).toString();
  } catch {
    return languageOf(locale);
  }
}

/** The table of a locale's language; English where we have none. */
export const stringsFor = (locale: string): Strings => tables.get(languageOf(locale)) ?? en;

export const directionOf = (locale: string): 'rtl' | 'ltr' =>
  RIGHT_TO_LEFT.has(languageOf(locale)) ? 'rtl' : 'ltr';

/** Puts `{n}` and `{q}` into a string. The query stands between isolates: its direction is its own. */
export function fill(text: string, values: { readonly n?: string; readonly q?: string }): string {
  return text.replace('{n}', values.n ?? '').replace('{q}', () => `\u2068${values.q ?? ''}\u2069`);
}

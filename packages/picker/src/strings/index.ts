import { ar } from './ar.ts';
import { de } from './de.ts';
import { en, type Strings } from './en.ts';
import { es } from './es.ts';
import { fr } from './fr.ts';
import { hi } from './hi.ts';
import { ja } from './ja.ts';
import { pt } from './pt.ts';
import { sr } from './sr.ts';
import { zh } from './zh.ts';

export type { Strings } from './en.ts';

export const TABLES: Readonly<Record<string, Strings>> = { ar, de, en, es, fr, hi, ja, pt, sr, zh };

const RIGHT_TO_LEFT = new Set(['ar', 'ckb', 'dv', 'fa', 'he', 'ps', 'sd', 'ug', 'ur', 'yi']);

/** The language of a locale tag, without region or script: `pt` of `pt-BR`. */
export const languageOf = (locale: string): string => (locale.split(/[-_]/)[0] ?? '').toLowerCase();

/** The table of a locale's language; English where we have none. */
export const stringsFor = (locale: string): Strings => TABLES[languageOf(locale)] ?? en;

export const directionOf = (locale: string): 'rtl' | 'ltr' =>
  RIGHT_TO_LEFT.has(languageOf(locale)) ? 'rtl' : 'ltr';

/** Puts `{n}` and `{q}` into a string. The query stands between isolates: its direction is its own. */
export function fill(text: string, values: { readonly n?: string; readonly q?: string }): string {
  return text.replace('{n}', values.n ?? '').replace('{q}', () => `\u2068${values.q ?? ''}\u2069`);
}

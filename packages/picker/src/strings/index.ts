import { catalogueLocale, fallbacks } from '../locale.ts';
import { en, type Strings } from './en.ts';

export type { Strings } from './en.ts';

const tables = new Map<string, Strings>([['en', en]]);

/**
 * Adds a language (`de`), or its form in a script or region (`zh-Hant`, `pt-PT`), to every picker on the page.
 * Call it before a picker is shown. Texts that are missing stay English.
 */
export function addStrings(locale: string, table: Partial<Strings>): void {
  tables.set(catalogueLocale(locale), { ...en, ...table });
}

/** The strings for a locale: its own, those of its script or language, or English. */
export function stringsFor(locale: string): Strings {
  for (const name of fallbacks(catalogueLocale(locale))) {
    const table = tables.get(name);
    if (table !== undefined) return table;
  }
  return en;
}

/** Replaces `{n}` and `{q}` in a string. The query is put between isolates, so that it keeps its own direction. */
export function fill(text: string, values: { readonly n?: string; readonly q?: string }): string {
  return text.replace('{n}', values.n ?? '').replace('{q}', () => `\u2068${values.q ?? ''}\u2069`);
}

import { languageOf as catalogueLanguage } from '@sotto/sticker-search/locale';
import { parseLocale } from '@sotto/sticker-search/platform-locale';

export { parseLocale };

/** Scripts that are written from right to left. */
const RIGHT_TO_LEFT = new Set(['Adlm', 'Arab', 'Hebr', 'Mand', 'Nkoo', 'Rohg', 'Samr', 'Syrc', 'Thaa']);
/** As `parseLocale`, with English for a locale that names no language. */
export const normalizeLocale = (text: string): string => parseLocale(text) ?? 'en';

/** The language of a locale as the catalogue names it, without script and region: `pt` for `pt_BR`, `no` for `nb`. */
export const languageOf = (locale: string): string => catalogueLanguage(normalizeLocale(locale));

/** A locale under the language tag that the catalogue has: `no-NO` for `nb_NO`. */
export const catalogueLocale = (locale: string): string =>
  normalizeLocale(locale).replace(/^[^-]+/, languageOf(locale));

/** The writing direction of a locale. */
export const directionOf = (locale: string): 'rtl' | 'ltr' =>
  RIGHT_TO_LEFT.has(likely(locale).script ?? '') ? 'rtl' : 'ltr';

/**
 * A locale and its replacements, nearest first: `zh-Hant-TW`, `zh-Hant`, `zh-TW`, `zh`
 * for `zh_TW`.
 */
export function fallbacks(locale: string): string[] {
  const { language, script, region } = likely(locale);
  return [[language, script, region], [language, script], [language, region], [language]].map((parts) =>
    parts.filter(Boolean).join('-'),
  );
}

/** A locale with its likely script and region. */
const likely = (locale: string): Intl.Locale => new Intl.Locale(normalizeLocale(locale)).maximize();

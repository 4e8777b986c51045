/** Scripts that are written from right to left. */
const RIGHT_TO_LEFT = new Set(['Adlm', 'Arab', 'Hebr', 'Mand', 'Nkoo', 'Rohg', 'Samr', 'Syrc', 'Thaa']);
/** Scripts by the modifiers of POSIX locales: `sr_RS@latin`. */
const POSIX_SCRIPTS = new Map([
  ['latin', 'Latn'],
  ['cyrillic', 'Cyrl'],
  ['devanagari', 'Deva'],
]);

/**
 * A locale in any form that a platform uses (`pt_BR`, `en_US.UTF-8`, `sr_RS@latin`, `zh_CN_#Hans`,
 * `en-US-u-ca-gregory`) as a BCP 47 tag of language, script and region. Null if it names no language,
 * as `C` and `POSIX` do.
 */
export function parseLocale(text: string): string | null {
  const [, name = '', modifier = ''] = /^\s*([^.@\s]*)[^@]*(?:@(\w+))?/.exec(text) ?? [];
  const [language = '', ...rest] = name.split(/[-_]+#?/);
  if (!/^[a-z]{2,3}$/i.test(language)) return null;
  const end = rest.findIndex((part) => part.length === 1); // extensions and private use follow a single letter
  const subtags = end < 0 ? rest : rest.slice(0, end);
  const script =
    subtags.find((part) => /^[a-z]{4}$/i.test(part)) ?? POSIX_SCRIPTS.get(modifier.toLowerCase());
  const region = subtags.find((part) => /^([a-z]{2}|\d{3})$/i.test(part));
  return new Intl.Locale([language, script, region].filter(Boolean).join('-')).toString();
}

/** As `parseLocale`, with English for a locale that names no language. */
export const normalizeLocale = (text: string): string => parseLocale(text) ?? 'en';

/** The language of a locale without script and region: `pt` for `pt_BR`. */
export const languageOf = (locale: string): string => normalizeLocale(locale).split('-', 1)[0] ?? 'en';

/** The writing direction of a locale. */
export const directionOf = (locale: string): 'rtl' | 'ltr' =>
  RIGHT_TO_LEFT.has(likely(locale).script ?? '') ? 'rtl' : 'ltr';

/**
 * A locale and the locales that stand in for it, nearest first: `zh-Hant-TW`, `zh-Hant`, `zh-TW`, `zh`
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

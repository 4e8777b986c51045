import { languageTag } from './tag.ts';

/** Scripts by the modifiers of POSIX locales: `sr_RS@latin`. */
const POSIX_SCRIPTS: Readonly<Record<string, string>> = {
  latin: 'Latn',
  cyrillic: 'Cyrl',
  devanagari: 'Deva',
};

/**
 * A locale in any form that a platform uses (`pt_BR`, `en_US.UTF-8`, `sr_RS@latin`, `zh_CN_#Hans`, `zh-yue`,
 * `en-US-u-ca-gregory`) as a BCP 47 tag of language, script and region. Null if it names no language,
 * as `C` and `POSIX` do.
 */
export function parseLocale(text: string): string | null {
  const [, name = '', modifier = ''] = /^\s*([^.@\s]*)[^@]*(?:@(\w+))?/.exec(text) ?? [];
  const tag = languageTag(name.replaceAll(/[-_]+#?/g, '-')).replace(/-.(-.*)?$/, ''); // without extensions
  const [language = '', ...subtags] = tag.split('-');
  if (!/^[a-z]{2,3}$/i.test(language)) return null;
  const find = (pattern: RegExp): string | undefined => subtags.find((part) => pattern.test(part));
  const script = find(/^[a-z]{4}$/i) ?? POSIX_SCRIPTS[modifier.toLowerCase()];
  const known = [language, script, find(/^([a-z]{2}|\d{3})$/i)].filter(Boolean).join('-');
  return typeof Intl.Locale === 'function' ? new Intl.Locale(known).toString() : known; // some React Native engines lack it
}

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
  const tag = [language, script, region].filter(Boolean).join('-');
  return typeof Intl.Locale === 'function' ? new Intl.Locale(tag).toString() : tag; // some React Native engines lack it
}

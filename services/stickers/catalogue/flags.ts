import { type Entry, HINT, KEYWORD, NAME, VARIANT_NAME } from '@sotto/sticker-search/format';
import { readJson } from './core.ts';

const COUNTRY = /^[\u{1f1e6}-\u{1f1ff}]{2}$/u;
const FIRST_LETTER = 0x1f1e6; // regional indicator A

/**
 * The word for a flag in languages in which CLDR's annotations of three plain flags have no word in common.
 */
const FLAG: Readonly<Record<string, readonly string[]>> = {
  ar: ['علم'],
  hi: ['झंडा'],
  id: ['bendera'],
  ja: ['国旗', '旗'],
  ko: ['국기', '깃발'],
  ru: ['флаг'],
  vi: ['cờ'],
  zh: ['国旗', '旗'],
};
const PLAIN_FLAGS = ['🏳', '🏴', '🚩'];

/** The two letters of a country's flag (UTS #51 §4.1); null for any other emoji. */
export function countryOf(emoji: string): string | null {
  if (!COUNTRY.test(emoji)) return null;
  return Array.from(emoji, (letter) =>
    String.fromCharCode(65 + (letter.codePointAt(0) ?? 0) - FIRST_LETTER),
  ).join('');
}

/** Country names of a language, with the shorter and other ones that CLDR has, by two letters. */
function countryNames(locale: string): Map<string, string[]> {
  const names = new Map<string, string[]>();
  let territories: Record<string, string>;
  try {
    const file = readJson(`cldr-localenames-full/main/${locale}/territories.json`) as {
      main: Record<string, { localeDisplayNames: { territories: Record<string, string> } }>;
    };
    territories = file.main[locale]?.localeDisplayNames.territories ?? {};
  } catch {
    return names; // CLDR has annotations of this language and no names of countries
  }
  for (const [key, name] of Object.entries(territories)) {
    const [country = '', variant] = key.split('-alt-');
    if (country.length !== 2) continue;
    const list = names.get(country) ?? [];
    names.set(country, variant === undefined ? [name, ...list] : [...list, name]);
  }
  return names;
}

/** Flags by the names of their countries in one language. CLDR has no annotations for them. */
export function flagEntries(
  tag: string,
  locale: string,
  keywordsOf: (emoji: string) => readonly string[],
  flags: ReadonlyMap<string, number>,
): Entry[] {
  const [first = [], ...others] = PLAIN_FLAGS.map(keywordsOf);
  const shared = first.filter((word) => others.every((words) => words.includes(word)));
  const words = [...new Set([...(FLAG[tag] ?? []), ...shared])];
  const countries = countryNames(locale);
  return [...flags].flatMap(([emoji, sticker]): Entry[] => {
    const [name, ...more] = countries.get(countryOf(emoji) ?? '') ?? [];
    if (name === undefined) return [];
    const shown = words[0] === undefined ? name : `${words[0]}: ${name}`;
    return [
      { sticker, phrase: shown, kind: NAME },
      { sticker, phrase: name, kind: VARIANT_NAME },
      ...more.map((phrase) => ({ sticker, phrase, kind: KEYWORD })),
      ...words.map((phrase) => ({ sticker, phrase, kind: HINT })),
    ];
  });
}

import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import {
  emojiKey,
  type Entry,
  HINT,
  KEYWORD,
  languageOf,
  type LanguageSource,
  NAME,
  VARIANT_NAME,
} from '@sotto/sticker-search/format';
import type { StandardEmoji } from './core.ts';
import { countryOf, flagEntries } from './flags.ts';

const require = createRequire(import.meta.url);
const FOLDER = path.join(path.dirname(require.resolve('cldr-annotations-full/package.json')), 'annotations');
const FEWEST = 1960; // names that a language needs to have an index: CLDR has 1,966

type Annotations = Readonly<Record<string, { readonly default?: string[]; readonly tts?: string[] }>>;

const textOf = (locale: string): string =>
  readFileSync(path.join(FOLDER, locale, 'annotations.json'), 'utf8');

const read = (locale: string): Annotations =>
  (JSON.parse(textOf(locale)) as { annotations: { annotations?: Annotations } }).annotations.annotations ??
  {};

/**
 * Languages with enough names, each with all CLDR locales that are searched in it, the locale with the
 * language's own name first.
 */
export function cldrLanguages(): Map<string, readonly string[]> {
  const locales = Map.groupBy(readdirSync(FOLDER).toSorted(), languageOf);
  locales.delete('und');
  const names = (locale: string): number => textOf(locale).split('"tts"').length - 1;
  const enough = [...locales]
    .filter(([tag, all]) => all.includes(tag) && names(tag) >= FEWEST)
    .map(([tag, all]) => [tag, [tag, ...all.filter((locale) => locale !== tag)]] as const);
  return new Map(enough.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** The entries of one language, from all its locales. Sticker numbers are those of `numbers`. */
export function cldrSource(
  tag: string,
  locales: readonly string[],
  emoji: readonly StandardEmoji[],
  numbers: ReadonlyMap<string, number>,
  stickers: number,
): LanguageSource {
  const entries: Entry[] = [];
  const variants = new Map<string, { sticker: number; phrase: string }[]>();
  locales.forEach((locale, i) => {
    const annotations = read(locale);
    const base = i === 0;
    const names: { sticker: number; phrase: string }[] = [];
    for (const { emoji: text, label } of emoji) {
      const key = text.replaceAll('\ufe0f', '');
      const sticker = numbers.get(key);
      if (sticker === undefined) continue;
      const own = annotations[key] ?? annotations[text];
      const { name, keywords } = own === undefined && base ? derived(key, annotations) : plain(own);
      const shown = clean(base && tag === 'en' && own === undefined ? label : name);
      if (shown !== '') {
        entries.push({ sticker, phrase: shown, kind: base ? NAME : VARIANT_NAME });
        if (!base) names.push({ sticker, phrase: shown });
      }
      for (const keyword of keywords.map(clean)) {
        if (keyword !== '') entries.push({ sticker, phrase: keyword, kind: KEYWORD });
      }
    }
    if (!base && names.length > 0) variants.set(locale, names);
  });
  const [base = tag] = locales;
  const annotations = read(base);
  entries.push(...flagEntries(tag, base, (one) => annotations[one]?.default ?? [], flagsOf(emoji, numbers)));
  if (tag === 'en') entries.push(...hints(emoji, numbers));
  return { tag, stickers, entries, variants };
}

/** The flags of countries that are stickers. */
const flagsOf = (
  emoji: readonly StandardEmoji[],
  numbers: ReadonlyMap<string, number>,
): Map<string, number> =>
  new Map(
    emoji.flatMap(({ emoji: text }) => {
      const sticker = numbers.get(text);
      return countryOf(text) === null || sticker === undefined ? [] : [[text, sticker] as const];
    }),
  );

const clean = (text: string): string => text.replace(/[\n\r\t]+/g, ' ').trim();

const plain = (own: Annotations[string] | undefined): { name: string; keywords: readonly string[] } => ({
  name: own?.tts?.[0] ?? '',
  keywords: own?.default ?? [],
});

const PEOPLE = new Set(['👦', '👧', '👨', '👩', '🧑', '🧒', '👶']);

/**
 * Name and keywords of a sequence that CLDR leaves to its rules: the name of the whole or of the first part,
 * then those of the other parts (Unicode LDML part 7, "Sequence labels").
 */
function derived(key: string, annotations: Annotations): { name: string; keywords: readonly string[] } {
  const parts = key.split('\u200d').map((part) => emojiKey(part));
  if (parts.length === 1) return { name: '', keywords: [] };
  const people = parts.filter((part) => PEOPLE.has(part));
  const couple = parts.includes('💋') ? '💏' : parts.includes('❤') ? '💑' : '👪';
  let head = people.length > 1 ? couple : (parts[0] ?? '');
  let rest = people.length > 1 ? people : parts.slice(1);
  for (let n = parts.length - 1; people.length < 2 && n > 1; n--) {
    const longer = parts.slice(0, n).join('\u200d');
    if (annotations[longer] === undefined) continue;
    head = longer;
    rest = parts.slice(n);
    break;
  }
  const named = [head, ...rest].map((part) => plain(annotations[part]));
  if (named.some(({ name }) => name === '')) return { name: '', keywords: [] };
  const [first, ...others] = named.map(({ name }) => name);
  return {
    name: `${first}: ${others.join(', ')}`,
    keywords: named.flatMap(({ name, keywords }) => [name, ...keywords]),
  };
}

const SAYS_NOTHING = /^(other|place|person|symbol|open|partial|single)$/;

const MALE = ['male', 'boy', 'guy', 'gentleman'];
const FEMALE = ['female', 'girl', 'lady'];

/** Words for a person of one gender besides man and woman. */
function genders(emoji: string): readonly string[] {
  const [man, woman] = [/[♂👨]/u.test(emoji), /[♀👩]/u.test(emoji)];
  return man === woman ? [] : man ? MALE : FEMALE;
}

/** Wider English words for an emoji: its groups in the Unicode data, and the name of its character. */
function hints(emoji: readonly StandardEmoji[], numbers: ReadonlyMap<string, number>): Entry[] {
  return emoji.flatMap(({ emoji: text, subgroup, formal }) => {
    const sticker = numbers.get(text.replaceAll('\ufe0f', ''));
    if (sticker === undefined) return [];
    const group = subgroup.split('-').filter((word) => !SAYS_NOTHING.test(word));
    const formalName = formal.toLowerCase().replace(/ (?:sign|symbol)$/, '');
    return [...group, formalName, ...genders(text)]
      .filter((phrase) => phrase !== '')
      .map((phrase) => ({ sticker, phrase, kind: HINT }));
  });
}

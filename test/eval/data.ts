import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const require = createRequire(import.meta.url);
const read = (specifier: string): unknown => JSON.parse(readFileSync(require.resolve(specifier), 'utf8'));

/** The expected result of a query: any of these emoji. */
export interface Query {
  readonly query: string;
  readonly expect: readonly string[];
}

/** An emoji as a locale names it. */
export interface Named {
  readonly emoji: string;
  readonly name: string;
  readonly keywords: readonly string[];
}

/** Emoji compared without variation selectors and skin tones. */
export const bare = (emoji: string): string => emoji.replace(/[\u{1f3fb}-\u{1f3ff}]|\ufe0e|\ufe0f/gu, '');

/** Names and keywords as CLDR gives them, for the emoji in `known`; the locales of a language put together. */
export function cldr(locales: readonly string[], known: ReadonlySet<string>): Named[] {
  const folder = path.dirname(require.resolve('cldr-annotations-full/package.json'));
  const found = new Map<string, { name: string; keywords: Set<string> }>();
  for (const locale of locales) {
    const file = path.join(folder, 'annotations', locale, 'annotations.json');
    const { annotations } = JSON.parse(readFileSync(file, 'utf8')) as {
      annotations: { annotations: Record<string, { default?: string[]; tts?: string[] }> };
    };
    for (const [emoji, { default: keywords = [], tts = [] }] of Object.entries(annotations.annotations)) {
      const key = bare(emoji);
      if (!known.has(key)) continue;
      const entry = found.get(key) ?? { name: tts[0] ?? '', keywords: new Set<string>() };
      for (const word of [...keywords, ...tts]) entry.keywords.add(word);
      found.set(key, entry);
    }
  }
  return [...found].map(([emoji, { name, keywords }]) => ({ emoji, name, keywords: [...keywords] }));
}

/** Shortcodes of a set as words: one query per shortcode. */
export function shortcodes(set: 'iamcal' | 'joypixels', known: ReadonlySet<string>): Query[] {
  const codes = read(`emojibase-data/en/shortcodes/${set}.json`) as Record<string, string | string[]>;
  return Object.entries(codes).flatMap(([hexcode, names]) => {
    const emoji = String.fromCodePoint(...hexcode.split('-').map((hex) => parseInt(hex, 16)));
    if (emoji !== emoji.replace(/[\u{1f3fb}-\u{1f3ff}]/gu, '') || !known.has(bare(emoji))) return [];
    return [names]
      .flat()
      .map((name) => ({ query: name.replace(/[_-]+/g, ' ').trim(), expect: [bare(emoji)] }));
  });
}

/** Whether a query is not literally a name or keyword of what it should find. */
export function novelty(named: readonly Named[]): (query: Query) => boolean {
  const plain = (text: string): string =>
    text
      .toLowerCase()
      .replace(/[\s_:,’'.\-–!]+/gu, ' ')
      .trim();
  const phrases = new Map(
    named.map(({ emoji, name, keywords }) => [emoji, new Set([name, ...keywords].map(plain))]),
  );
  return ({ query, expect }) => !expect.some((emoji) => phrases.get(bare(emoji))?.has(plain(query)) === true);
}

/** One edit in one word of at least four letters: a letter lost, doubled, changed, or two swapped. */
export function withTypo(query: string, random: () => number): string | null {
  const words = query.split(' ');
  const long = words.flatMap((word, i) => (/^[a-z]{4,}$/.test(word) ? [i] : []));
  const at = long[Math.floor(random() * long.length)];
  if (at === undefined) return null;
  const word = words[at] ?? '';
  const i = 1 + Math.floor(random() * (word.length - 2));
  const letter = String.fromCharCode(97 + Math.floor(random() * 26));
  const edits = [
    word.slice(0, i) + word.slice(i + 1),
    word.slice(0, i) + letter + word.slice(i),
    word.slice(0, i) + letter + word.slice(i + 1),
    word.slice(0, i) + (word[i + 1] ?? '') + (word[i] ?? '') + word.slice(i + 2),
  ];
  words[at] = edits[Math.floor(random() * edits.length)] ?? word;
  return words[at] === word ? null : words.join(' ');
}

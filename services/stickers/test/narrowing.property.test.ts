import { expect, test } from 'vitest';
import { HINT, Language } from '@sotto/sticker-search/format';
import { bytes, search, vocabulary } from './support/built.ts';

/** Every name and keyword of a language. */
const phrases = (tag: string): string[] => {
  const language = new Language(bytes(`index/${tag}.bin`), search.table.stickers.length);
  const own = (phrase: number): boolean => {
    const uses = language.uses.subarray(language.starts[phrase], language.starts[phrase + 1]);
    return uses.some((use) => (use & 3) !== HINT);
  };
  return Array.from({ length: language.phrases }, (_, i) => i)
    .filter(own)
    .map((phrase) => language.phrase(phrase));
};

/** Stickers that have every word of a query, the last one perhaps as a prefix. */
const strict = (query: string, locale?: string): ReadonlySet<string> => {
  const found = search.results(query, locale === undefined ? {} : { locale });
  return new Set(Array.from({ length: found.strict }, (_, i) => found.at(i).id));
};

/** Every `step`-th text: the same ones in every run. */
const strided = (texts: readonly string[], step: number): string[] => texts.filter((_, i) => i % step === 0);

/**
 * Types each text letter by letter, and lists the letters that added a sticker which the shorter text did not
 * find.
 */
function widenings(texts: readonly string[], locale?: string): string[] {
  const known = new Map<string, ReadonlySet<string>>();
  const wrong: string[] = [];
  const found = (query: string): ReadonlySet<string> => {
    const before = known.get(query) ?? strict(query, locale);
    known.set(query, before);
    return before;
  };
  const checked = new Set<string>();
  for (const text of texts) {
    let wider: ReadonlySet<string> | null = null;
    for (let n = 1; n <= text.length; n++) {
      const query = text.slice(0, n);
      if (!query.isWellFormed() || !/[\p{L}\p{M}\p{N}]$/u.test(query)) continue;
      if (wider === null || !checked.has(query)) {
        checked.add(query);
        for (const id of found(query)) if (wider?.has(id) === false) wrong.push(`${query}: ${id}`);
      }
      wider = found(query);
    }
  }
  return wrong;
}

test.each([
  ['en', 3],
  ['de', 8],
  ['ru', 12],
  ['ar', 8],
  ['hi', 10],
  ['th', 4],
  ['ko', 12],
  ['zh', 16],
  ['ja', 6],
  ['sr', 6],
  ['fr', 8],
  ['tr', 8],
])('in %s a longer prefix of a word finds a subset of the results of a shorter one', (locale, step) => {
  expect(widenings(strided(vocabulary(locale), step), locale)).toEqual([]);
});

test.each([
  ['divaaidar', 'hi'], // Hindi in Latin letters, read as English: diva + ier
  ['chaay', 'hi'],
  ['runny', 'en'],
  ['runnier', 'en'],
  ['xox', 'en'], // xo is an emoticon
  ['xd', 'en'],
  ['uwu', 'de'],
  ['xp', 'es'],
])('%s typed in %s never adds results', (word, locale) => {
  expect(widenings([word], locale)).toEqual([]);
});

test('a name typed to its end never adds results, and always finds its sticker', () => {
  const named = search.table.stickers.filter(({ pack }, i) => pack === 'core' && i % 16 === 0);
  const names = named.map(({ emoji }) => search.search(emoji, { locale: 'en', limit: 1 })[0]?.name ?? '');
  expect(widenings(names, 'en')).toEqual([]);
  named.forEach(({ id }, i) => {
    const name = names[i] ?? '';
    for (let n = 1; n <= name.length; n++) {
      if (!/[\p{L}\p{N}]/u.test(name[n - 1] ?? '')) continue;
      expect([name.slice(0, n), strict(name.slice(0, n), 'en').has(id)]).toEqual([name.slice(0, n), true]);
    }
  });
});

test.each([
  ['en', 25],
  ['es', 25],
  ['sr', 25],
  ['hi', 40],
])('in %s a keyword of many words typed to its end never adds results', (locale, step) => {
  const many = phrases(locale).filter((phrase) => /\p{L} \p{L}/u.test(phrase));
  expect(widenings(strided(many, step), locale)).toEqual([]);
});

test('a single letter in all languages excludes nothing, and words after it do', () => {
  const words = ['sol', 'katze', 'heart', 'red heart', 'zorro', 'divaaidar', 'xox'];
  expect(widenings(words)).toEqual([]);
  for (const word of words.slice(0, 5)) expect(strict(word).size).toBeGreaterThan(0);
});

import * as fc from 'fast-check';
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
/** What has every word of a query, the last one perhaps cut short. */
const strict = (query: string, locale?: string): Set<string> => {
  const found = search.results(query, locale === undefined ? {} : { locale });
  return new Set(Array.from({ length: found.strict }, (_, i) => found.at(i).id));
};

test.each(['en', 'de', 'ru', 'ar', 'hi', 'th', 'ko', 'zh', 'ja', 'sr'])(
  'in %s a longer beginning of a word finds a part of what a shorter one finds',
  (locale) => {
    const terms = fc.constantFrom(...vocabulary(locale));
    fc.assert(
      fc.property(terms, (term) => {
        let wider = strict(term.slice(0, 1), locale);
        for (let n = 2; n <= term.length; n++) {
          const found = strict(term.slice(0, n), locale);
          expect([...found].filter((id) => !wider.has(id))).toEqual([]);
          wider = found;
        }
      }),
      { numRuns: 40 },
    );
  },
);

test('a name typed to its end finds ever fewer, and itself at every step', () => {
  const named = fc.constantFrom(...search.table.stickers.filter(({ pack }) => pack === 'core'));
  fc.assert(
    fc.property(named, ({ id, emoji }) => {
      const name = search.search(emoji, { locale: 'en', limit: 1 })[0]?.name ?? '';
      let wider = new Set(search.table.stickers.map((sticker) => sticker.id));
      for (let n = 1; n <= name.length; n++) {
        if (!/[\p{L}\p{N}]/u.test(name[n - 1] ?? '')) continue;
        const found = strict(name.slice(0, n), 'en');
        expect([...found].filter((other) => !wider.has(other))).toEqual([]);
        expect([name.slice(0, n), found.has(id)]).toEqual([name.slice(0, n), true]);
        wider = found;
      }
    }),
    { numRuns: 60 },
  );
});

test.each(['en', 'es', 'sr'])('in %s a keyword of many words typed to its end finds ever fewer', (locale) => {
  const many = phrases(locale).filter((phrase) => /\p{L} \p{L}/u.test(phrase));
  fc.assert(
    fc.property(fc.constantFrom(...many), (phrase) => {
      let wider = new Set(search.table.stickers.map((sticker) => sticker.id));
      for (let n = 1; n <= phrase.length; n++) {
        if (!/[\p{L}\p{N}]/u.test(phrase[n - 1] ?? '')) continue;
        const found = strict(phrase.slice(0, n), locale);
        expect([phrase.slice(0, n), [...found].filter((other) => !wider.has(other))]).toEqual([
          phrase.slice(0, n),
          [],
        ]);
        wider = found;
      }
    }),
    { numRuns: 60 },
  );
});

test('a letter typed in all languages at once rules nothing out, and words after it do', () => {
  for (const word of ['sol', 'katze', 'heart', 'red heart', 'zorro']) {
    let wider = new Set(search.table.stickers.map(({ id }) => id));
    for (let n = 1; n <= word.length; n++) {
      const found = strict(word.slice(0, n));
      expect([word.slice(0, n), [...found].filter((id) => !wider.has(id))]).toEqual([word.slice(0, n), []]);
      wider = found;
    }
    expect(wider.size).toBeGreaterThan(0);
  }
});

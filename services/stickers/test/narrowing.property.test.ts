import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { inflections } from '../src/engine/inflect.ts';
import { Language } from '../src/engine/language.ts';
import { bytes, search } from './support/built.ts';

const vocabulary = (tag: string): string[] => {
  const terms: string[] = [];
  new Language(bytes(`index/${tag}.bin`), search.table.stickers.length).all((term) => void terms.push(term));
  return terms;
};
const everything = (query: string, locale: string): Set<string> =>
  new Set(search.search(query, { locale, limit: Infinity }).map(({ id }) => id));

test.each(['en', 'de', 'ru', 'ar', 'hi', 'th', 'ko', 'zh', 'ja', 'sr'])(
  'in %s a longer beginning of a word finds a part of what a shorter one finds',
  (locale) => {
    const terms = fc.constantFrom(...vocabulary(locale));
    fc.assert(
      fc.property(terms, (term) => {
        let wider = everything(term.slice(0, 1), locale);
        for (let n = 2; n <= term.length; n++) {
          const found = everything(term.slice(0, n), locale);
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
        const found = everything(name.slice(0, n), 'en');
        expect([...found].filter((other) => !wider.has(other))).toEqual([]);
        expect([name.slice(0, n), found.has(id)]).toEqual([name.slice(0, n), true]);
        wider = found;
      }
    }),
    { numRuns: 60 },
  );
});

test('a word cut short in its ending has its stem', () => {
  for (const word of ['running', 'dancing', 'berries', 'smiled', 'cats']) {
    for (let n = word.length - 1; n >= word.length - 2; n--) {
      const forms = inflections(word.slice(0, n)).map(([form]) => form);
      const stems = inflections(word).filter(
        ([form]) => word.startsWith(form.slice(0, -1)) && form.length < n,
      );
      for (const [stem] of stems) expect(forms).toContain(stem);
    }
  }
});

import * as fc from 'fast-check';
import { createSearch } from '@sotto/sticker-search';
import { expect, test } from 'vitest';
import { bytes, search } from './support/built.ts';

const LOCALES = ['en', 'es', 'zh', 'de', 'fr', 'ja', 'ru', 'ar', 'tr']; // more than the number of languages that stay decoded
const files = {
  stickers: bytes('stickers.json'),
  indexes: Object.fromEntries(LOCALES.map((tag) => [tag, bytes(`index/${tag}.bin`)])),
  meanings: Object.fromEntries(['en', 'es'].map((tag) => [tag, bytes(`meaning/${tag}.bin`)])),
  related: bytes('related.bin'),
};
const WORDS =
  'happy cat red hea hapy thumbsup attorney zzzz s 🦊 :) 笑脸 gato feliz pizzza flag germany lottery'.split(
    ' ',
  );

test('search: the results of a query do not depend on earlier queries', () => {
  const used = createSearch(files);
  const query = fc
    .array(fc.constantFrom(...WORDS), { minLength: 1, maxLength: 5 })
    .map((words) => words.join(' '));
  const locale = fc.constantFrom(...LOCALES);
  fc.assert(
    fc.property(query, locale, (text, tag) => {
      const fresh = createSearch(files).search(text, { locale: tag, limit: 60 });
      expect(used.search(text, { locale: tag, limit: 60 })).toEqual(fresh);
    }),
    { numRuns: 60 },
  );
});

test('search: results stay readable after another query', () => {
  const before = search.results('happy cat', { locale: 'en' });
  const names = Array.from({ length: 10 }, (_, i) => before.at(i));
  search.results('red heart', { locale: 'en' });
  expect(Array.from({ length: 10 }, (_, i) => before.at(i))).toEqual(names);
});

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeMeaning } from '../src/format.ts';
import { MEANING_MAGIC } from '../src/meaning.ts';
import { openFramed } from '../src/reader.ts';
import { Terms } from '../src/terms.ts';

/** Letters of one to four bytes, and surrogate pairs with the same first half. */
const LETTERS = ['a', 'b', 'é', 'я', '猫', '😀', '😁', '\ue000'];
const text = (minLength: number) => fc.string({ unit: fc.constantFrom(...LETTERS), minLength, maxLength: 6 });

function termsOf(words: ReadonlyMap<string, readonly number[]>): Terms {
  const r = openFramed(encodeMeaning('xx', 1000, words), MEANING_MAGIC);
  r.text();
  r.varint();
  return new Terms(r, r.varint(), false);
}

const numbersAt = (terms: Terms, place: number): number[] => {
  const count = terms.read(place);
  return [...terms.list.subarray(0, count)];
};

test('terms: finds and reads the same as a list of the same words', () => {
  const words = fc.uniqueArray(fc.tuple(text(1), fc.array(fc.nat(999), { maxLength: 5 })), {
    selector: ([word]) => word,
    minLength: 1,
    maxLength: 150,
  });
  fc.assert(
    fc.property(words, fc.array(text(0), { maxLength: 20 }), (entries, asked) => {
      const lists = new Map(entries);
      const sorted = [...lists.keys()].toSorted((a, b) => (a < b ? -1 : 1));
      const terms = termsOf(lists);
      for (const query of [...asked, ...sorted.slice(0, 40)]) {
        const place = terms.find(query);
        expect([query, Math.max(-1, place)]).toEqual([query, sorted.indexOf(query)]);
        const begun = sorted.filter((word) => word.startsWith(query));
        expect([query, terms.begins(query)]).toEqual([query, begun.length > 0]);
        const found: (readonly [number, number[]])[] = [];
        terms.startingWith(query, (length, count) => {
          found.push([length, [...terms.list.subarray(0, count)]]);
        });
        expect([query, found]).toEqual([query, begun.map((word) => [word.length, lists.get(word)])]);
      }
      expect(sorted.map((_, place) => numbersAt(terms, place))).toEqual(
        sorted.map((word) => lists.get(word)),
      );
      expect([...terms]).toEqual(sorted);
    }),
    { numRuns: 200 },
  );
});

test('terms: reads a list that is longer than all earlier ones', () => {
  const long = Array.from({ length: 5000 }, (_, i) => i % 1000);
  const terms = termsOf(
    new Map([
      ['a', [1]],
      ['b', long],
    ]),
  );
  expect(numbersAt(terms, terms.find('b'))).toEqual(long);
});

test('terms: none are found in an empty index', () => {
  const terms = termsOf(new Map());
  expect([terms.find('a') < 0, terms.begins(''), [...terms]]).toEqual([true, false, []]);
});

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeLanguage, Language } from '../src/format.ts';
import { KEYWORD } from '../src/language.ts';
import { allowedEdits, fuzzy } from '../src/fuzzy.ts';

/** Optimal string alignment over the whole table: the slow method, with which `fuzzy` must agree. */
function distances(word: string, term: string): number[][] {
  const rows = Array.from({ length: term.length + 1 }, () => Array<number>(word.length + 1).fill(0));
  const at = (d: number, i: number): number => rows[d]?.[i] ?? Infinity;
  rows.forEach((row, d) => {
    for (let i = 0; i <= word.length; i++) {
      if (d === 0 || i === 0) row[i] = d + i;
      else {
        const same = term[d - 1] === word[i - 1] ? 0 : 1;
        row[i] = Math.min(at(d - 1, i - 1) + same, at(d - 1, i) + 1, at(d, i - 1) + 1);
        const swapped = d > 1 && i > 1 && term[d - 1] === word[i - 2] && term[d - 2] === word[i - 1];
        if (swapped) row[i] = Math.min(row[i] ?? Infinity, at(d - 2, i - 2) + 1);
      }
    }
  });
  return rows;
}

function slow(terms: readonly string[], word: string, edits: number, prefix: boolean): Map<string, number> {
  const found = new Map<string, number>();
  for (const term of terms) {
    const rows = distances(word, term);
    const whole = rows[term.length]?.[word.length] ?? Infinity;
    const begun = Math.min(...rows.slice(1).map((row) => row[word.length] ?? Infinity));
    if (whole <= edits) found.set(term, whole);
    else if (prefix && begun <= edits) found.set(term, begun);
  }
  return found;
}

const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 9 });

test('fuzzy: finds the same terms and distances as the full table of distances', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(letters, { minLength: 1, maxLength: 120 }),
      letters,
      fc.boolean(),
      (words, word, prefix) => {
        const entries = words.map((phrase, sticker) => ({ sticker, phrase, kind: KEYWORD }));
        const source = { tag: 'xx', stickers: words.length, entries, variants: new Map() };
        const language = new Language(encodeLanguage(source), words.length);
        const edits = allowedEdits(word.length);
        if (edits === 0) return;
        const fast = new Map<string, number>();
        fuzzy(language.terms, word, edits, prefix, (distance, _whole, place) => {
          language.terms.read(place);
          fast.set(language.phrase(language.terms.list[0] ?? 0), distance);
        });
        expect(fast).toEqual(slow(words, word, edits, prefix));
      },
    ),
    { numRuns: 300 },
  );
});

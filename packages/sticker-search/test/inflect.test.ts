import { expect, test } from 'vitest';
import { inflections } from '../src/inflect.ts';

test('inflections: a word whose ending is not complete still has its stem', () => {
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

test('inflections: a form of a longer word is a form of the shorter one, or begins with it', () => {
  const heads = ['ba', 'bab', 'babb', 'baa', 'bee', 'bye', 'bus', 'dry'];
  const letters = Array.from('adeginrsvyb');
  const offenders: string[] = [];
  const goOn = (word: string, left: number): void => {
    const forms = new Set(inflections(word).map(([form]) => form));
    for (const letter of letters) {
      const longer = word + letter;
      for (const [form] of inflections(longer)) {
        if (!form.startsWith(word) && !forms.has(form)) offenders.push(`${longer}: ${form}`);
      }
      if (left > 1) goOn(longer, left - 1);
    }
  };
  for (const head of heads) goOn(head, 3);
  expect(offenders).toEqual([]);
});

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

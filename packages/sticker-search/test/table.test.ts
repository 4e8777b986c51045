import { expect, test } from 'vitest';
import { openTable } from '../src/table.ts';

const open = (packs: unknown) =>
  openTable(
    new TextEncoder().encode(JSON.stringify({ format: 2, packs, types: [], stickers: [], emoticons: {} })),
  );

test.each(['P', null, {}, 1, ['P'], [null], [{ id: 1 }]])('packs of %j are a corrupt table', (packs) => {
  expect(() => open(packs)).toThrow(expect.objectContaining({ code: 'corrupt-index' }));
});

test('a table of packs with ids is opened', () => {
  expect(open([{ id: 'core' }]).packs).toEqual([{ id: 'core' }]);
});

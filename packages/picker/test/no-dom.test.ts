import { expect, test } from 'vitest';

test.each([
  ['index', 'SottoStickers'],
  ['languages', 'LANGUAGES'],
  ['device', 'createDevice'],
  ['react', undefined],
])('N79 %s: importing it without a DOM has no effect', async (name, first) => {
  expect('HTMLElement' in globalThis).toBe(false);
  const before = Object.keys(globalThis);
  const module = (await import(`../src/${name}.ts`)) as object;
  expect(Object.keys(globalThis)).toEqual(before);
  expect(Object.keys(module)[0]).toBe(first);
});

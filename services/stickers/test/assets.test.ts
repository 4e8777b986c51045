import { existsSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { lazyCatalogue } from '../src/assets.ts';
import { BUILT, bytes, search } from './support/built.ts';

const ENGLISH = [
  'art.bin',
  'index/en.bin',
  'manifest.json',
  'meaning/en.bin',
  'related.bin',
  'stickers.json',
];

/** Reads the built catalogue, notes what is read, and fails for names that are out of reach. */
function reader(unreachable: ReadonlySet<string> = new Set()) {
  const names: string[] = [];
  const read = async (name: string): Promise<Uint8Array | null> => {
    names.push(name);
    if (unreachable.has(name)) throw new Error('unreachable');
    return existsSync(path.join(BUILT, name)) ? bytes(name) : null;
  };
  return { names, read };
}

test('lazy catalogue: loads English first, another language once when it is asked for, and finds the same', async () => {
  const { names, read } = reader();
  const catalogue = lazyCatalogue(read);
  const english = await catalogue('en-GB');
  expect(names.toSorted()).toEqual(ENGLISH);
  const options = { locale: 'de', limit: 24 };
  await Promise.all([catalogue('de'), catalogue('de-AT')]);
  expect(names.slice(ENGLISH.length).toSorted()).toEqual(['index/de.bin', 'meaning/de.bin']);
  expect(english?.search.search('Hund', options)).toEqual(search.search('Hund', options));
});

test('lazy catalogue: a locale without an index or with a strange name loads nothing more', async () => {
  const { names, read } = reader();
  const catalogue = lazyCatalogue(read);
  for (const locale of ['eo', '../../secret', '__proto__', 'constructor']) await catalogue(locale);
  expect(names.toSorted()).toEqual(ENGLISH);
});

test('lazy catalogue: without a locale loads all languages in one file', async () => {
  const { names, read } = reader();
  const all = await lazyCatalogue(read)(undefined);
  expect(names.filter((name) => !ENGLISH.includes(name))).toEqual(['catalogue.bin']);
  expect(all?.search.search('katze')).toEqual(search.search('katze'));
});

test.each(['art.bin', 'index/fr.bin', 'catalogue.bin'])(
  'lazy catalogue: is null while %s cannot be read, and whole after that',
  async (name) => {
    const unreachable = new Set([name]);
    const catalogue = lazyCatalogue(reader(unreachable).read);
    const locale = name === 'catalogue.bin' ? undefined : 'fr';
    expect(await catalogue(locale)).toBeNull();
    unreachable.clear();
    expect((await catalogue(locale))?.search.search('chien', { locale: 'fr', limit: 1 })).toHaveLength(1);
  },
);

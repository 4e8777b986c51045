import { existsSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { lazyCatalogue, MOST_LANGUAGES } from '../src/assets.ts';
import { BUILT, bytes, search } from './support/built.ts';

const ENGLISH = [
  'art.bin',
  'index/en.bin',
  'manifest.json',
  'meaning/en.bin',
  'related.bin',
  'stickers.json',
];

/** Reads the built catalogue, records what is read, and fails for unreachable names. */
function reader(unreachable: ReadonlySet<string> = new Set()) {
  const names: string[] = [];
  const read = async (name: string): Promise<Uint8Array | null> => {
    names.push(name);
    if (unreachable.has(name)) throw new Error('unreachable');
    return existsSync(path.join(BUILT, name)) ? bytes(name) : null;
  };
  return { names, read };
}

test('lazy catalogue: loads English first, another language once when it is requested, and has the same results', async () => {
  const { names, read } = reader();
  const catalogue = lazyCatalogue(read);
  const english = await catalogue('en-GB');
  expect(names.toSorted()).toEqual(ENGLISH);
  const options = { locale: 'de', limit: 24 };
  await Promise.all([catalogue('de'), catalogue('de-AT')]);
  expect(names.slice(ENGLISH.length).toSorted()).toEqual(['index/de.bin', 'meaning/de.bin']);
  expect(english?.search.search('Hund', options)).toEqual(search.search('Hund', options));
});

test('lazy catalogue: loads nothing more for a locale without an index or with an unknown name', async () => {
  const { names, read } = reader();
  const catalogue = lazyCatalogue(read);
  for (const locale of ['eo', '../../secret', '__proto__', 'constructor']) await catalogue(locale);
  expect(names.toSorted()).toEqual(ENGLISH);
});

test('lazy catalogue: keeps the most recently requested of many languages, and has the same results in all', async () => {
  const { names, read } = reader();
  const catalogue = lazyCatalogue(read);
  const languages = search.languages.filter((tag) => tag !== 'en');
  expect(languages.length).toBeGreaterThan(MOST_LANGUAGES + 1);
  const found = (opened: Awaited<ReturnType<typeof catalogue>>, locale: string) =>
    opened?.search.search('ca', { locale, limit: 24 });
  for (const locale of languages) {
    await catalogue('de'); // requested again and again, so it stays loaded
    expect(found(await catalogue(locale), locale)).toEqual(search.search('ca', { locale, limit: 24 }));
  }
  const opened = await catalogue('en');
  expect(opened?.search.languages.length).toBe(1 + MOST_LANGUAGES);
  expect(names.filter((name) => name === 'index/de.bin')).toHaveLength(1);
  const first = languages[0] ?? '';
  expect(found(await catalogue(first), first)).toEqual(search.search('ca', { locale: first, limit: 24 }));
  expect(names.filter((name) => name === `index/${first}.bin`)).toHaveLength(2);
});

test('lazy catalogue: serves many languages at the same time, and unloads some afterwards', async () => {
  const catalogue = lazyCatalogue(reader().read);
  await catalogue('en');
  const all = await Promise.all(search.languages.map((locale) => catalogue(locale)));
  expect(all[0]?.search.languages).toEqual(search.languages);
  for (const locale of ['bg', 'ja', 'zh']) {
    const options = { locale, limit: 24 };
    expect(all[0]?.search.search('s', options)).toEqual(search.search('s', options));
  }
  expect((await catalogue('en'))?.search.languages.length).toBe(1 + MOST_LANGUAGES);
});

test('lazy catalogue: once all languages are loaded, unloads and loads none', async () => {
  const { names, read } = reader();
  const catalogue = lazyCatalogue(read);
  const [some] = await Promise.all([catalogue(undefined), catalogue('de'), catalogue('fr')]);
  const before = names.length;
  for (const locale of search.languages) await catalogue(locale);
  expect(names.length).toBe(before);
  expect(some?.search.languages).toEqual(search.languages);
  expect(some?.search.search('katze')).toEqual(search.search('katze'));
});

test('lazy catalogue: without a locale loads all languages in one file', async () => {
  const { names, read } = reader();
  const all = await lazyCatalogue(read)(undefined);
  expect(names.filter((name) => !ENGLISH.includes(name))).toEqual(['catalogue.bin']);
  expect(all?.search.search('katze')).toEqual(search.search('katze'));
});

test.each(['art.bin', 'index/fr.bin', 'catalogue.bin'])(
  'lazy catalogue: is null while %s cannot be read, and complete after that',
  async (name) => {
    const unreachable = new Set([name]);
    const catalogue = lazyCatalogue(reader(unreachable).read);
    const locale = name === 'catalogue.bin' ? undefined : 'fr';
    expect(await catalogue(locale)).toBeNull();
    unreachable.clear();
    expect((await catalogue(locale))?.search.search('chien', { locale: 'fr', limit: 1 })).toHaveLength(1);
  },
);

import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { languageOf } from '../src/locale.ts';
import { LANGUAGES } from '../src/languages.ts';
import { canConsent, canRetry, OF_CODE } from '../src/problems.ts';
import { en } from '../src/strings/en.ts';
import { MESSAGES } from './messages.ts';
import { addStrings, fill, stringsFor } from '../src/strings/index.ts';

const PROBLEMS = Object.entries(MESSAGES) as [keyof typeof MESSAGES, readonly [string, string]][];
const TABLES = { en, ...LANGUAGES };
const BUILT = path.resolve(import.meta.dirname, '../../../services/stickers/catalogue/built/index');
const catalogueLanguages = readdirSync(BUILT).map((file) => file.replace('.bin', ''));

describe.each(Object.entries(TABLES))('strings in %s', (language, table) => {
  test('are complete, not empty, and contain no English sentence', () => {
    expect(Object.keys(table).toSorted()).toEqual(Object.keys(en).toSorted());
    const kept = Object.entries(table).filter(([key, text]) => text === en[key as keyof typeof en]);
    const sentences = kept.filter(([, text]) => language !== 'en' && text.includes(' '));
    expect(Object.values(table).every((text) => text.trim() !== '')).toBe(true);
    expect(sentences).toEqual([]);
  });

  test('have the same placeholders and six skin tones', () => {
    expect(table.found).toContain('{n}');
    expect(table.none).toContain('{q}');
    expect(table.tones.split('|')).toHaveLength(6);
  });
});

test('strings: there are forty different languages', () => {
  const all = Object.keys(TABLES);
  expect(all.toSorted().join(' ')).toBe(
    'ar bg ca cs da de el en es et fa fi fil fr gl he hi hr hu id it ja ko lt ms nb nl pl pt ro ru sk sl sr sv th tr uk vi zh',
  );
  expect(new Set(all.map((language) => stringsFor(language).search)).size).toBe(all.length);
});

/**
 * The texts that explain privacy. A mistake in them would mislead, so each is translated back, word by word.
 */
const PROMISES = ['deviceMeans', 'networkMeans', 'noTokens', 'resting'];

test('strings: every text on privacy has a translation back into English, and only texts that exist', async () => {
  const file = path.resolve(import.meta.dirname, '../src/strings/back-translations.tsv');
  const [, ...rows] = (await readFile(file, 'utf8')).trimEnd().split('\n');
  const cells = rows.map((row) => row.split('\t'));
  const expected = Object.keys(LANGUAGES).flatMap((language) => PROMISES.map((key) => [language, key]));
  expect(cells.map(([language, key]) => [language, key])).toEqual(expected);
  for (const [, key, english = ''] of cells) {
    expect(english).toMatch(key === 'networkMeans' ? /encrypted.*but|encrypted.*and does not/ : /\w{3}.*\.$/);
  }
});

test.each(Object.keys(LANGUAGES))('strings in %s: the catalogue has an index of the language', (language) => {
  expect(catalogueLanguages).toContain(languageOf(language));
});

test('strings: Norwegian is found under each of its tags', () => {
  for (const tag of ['nb', 'nb_NO', 'nn', 'no', 'no-NO']) expect(stringsFor(tag)).toEqual(LANGUAGES['nb']);
});

test('strings: a region falls back to its language, and an unknown language to English', () => {
  expect(stringsFor('pt-BR')).toEqual(LANGUAGES['pt']);
  expect(stringsFor('ZH_Hant')).toEqual(LANGUAGES['zh']);
  expect(stringsFor('tlh')).toBe(en);
  expect(stringsFor('')).toBe(en);
});

test('strings: texts that a table lacks stay English, and a region goes before its language', () => {
  addStrings('is', { search: 'Leita' });
  addStrings('is_IS@posix', { search: 'Leita hér' });
  expect(stringsFor('is-DK').search).toBe('Leita');
  expect(stringsFor('is')).toMatchObject({ search: 'Leita hér', tones: en.tones });
});

test('fill: inserts a query unchanged, between bidirectional isolates', () => {
  expect(fill('No sticker for “{q}”', { q: '$& {n} قطة' })).toBe('No sticker for “\u2068$& {n} قطة\u2069”');
  expect(fill('Stickers found: {n}', { n: '24' })).toBe('Stickers found: 24');
});

test.each(PROBLEMS)(
  'N47 strings: the message "%s" names its cause and what to do',
  (problem, [cause, remedy]) => {
    expect(en[problem]).toContain(cause);
    const [, button] = /^button: (.*)$/.exec(remedy) ?? [];
    const buttons = [en.useNetwork, ...(canConsent(problem) ? [en.anyway] : [])];
    expect(button === undefined ? en[problem] : buttons).toContain(button ?? remedy);
    expect(/try again/i.test(en[problem])).toBe(canRetry(problem));
  },
);

test('N47 strings: every error code of the client has a message', () => {
  expect(Object.values(OF_CODE).filter((problem) => !Object.hasOwn(MESSAGES, problem))).toEqual([]);
});

import { describe, expect, test } from 'vitest';
import { LANGUAGES } from '../src/languages.ts';
import { canConsent, canRetry, OF_CODE } from '../src/problems.ts';
import { en } from '../src/strings/en.ts';
import { MESSAGES } from './messages.ts';
import { addStrings, fill, stringsFor } from '../src/strings/index.ts';

const PROBLEMS = Object.entries(MESSAGES) as [keyof typeof MESSAGES, readonly [string, string]][];
const TABLES = { en, ...LANGUAGES };

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

test('strings: there are eighteen different languages', () => {
  const all = Object.keys(TABLES);
  expect(all.toSorted().join(' ')).toBe('ar de en es fr hi id it ja ko nl pl pt ru sr tr vi zh');
  expect(new Set(all.map((language) => stringsFor(language).search)).size).toBe(all.length);
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

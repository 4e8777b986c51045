import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { LANGUAGES } from '../src/languages.ts';
import { en } from '../page/words/en.ts';
import { spoken, WORDS } from '../page/words/index.ts';

describe.each(Object.entries(WORDS))('page text in %s', (language, load) => {
  test('is complete, not empty, and contains no English sentence, and has the texts of the picker', async () => {
    const { words, strings } = await load();
    expect(strings).toBe(LANGUAGES[language]);
    expect(Object.keys(words).toSorted()).toEqual(Object.keys(en).toSorted());
    const entries = Object.entries(words);
    expect(entries.filter(([, text]) => text.trim() === '')).toEqual([]);
    const kept = entries.filter(([key, text]) => text.includes(' ') && text === en[key as keyof typeof en]);
    expect(language === 'en' ? [] : kept).toEqual([]);
  });
});

test('page text in Arabic: names of standards are isolated, so that their parentheses keep their order', async () => {
  const { words } = (await WORDS['ar']?.()) ?? { words: en };
  const outside = words.standard.replaceAll(/\u2066[^\u2066\u2069]*\u2069/g, '');
  expect(words.standard).toContain('RFC 9458');
  expect(outside).not.toMatch(/[A-Za-z()]/);
});

test('page text: has ten languages, which the picker has too', () => {
  expect(Object.keys(WORDS)).toHaveLength(10);
  expect(
    Object.keys(WORDS).filter((language) => language !== 'en' && !Object.hasOwn(LANGUAGES, language)),
  ).toEqual([]);
});

test('spoken: picks the first of the browser’s languages that the page has', () => {
  expect(spoken(['tlh', 'pt-BR', 'de'])).toBe('pt');
  expect(spoken(['tlh'])).toBe('en');
  expect(spoken([])).toBe('en');
});

test('page text: every entry is used, and every entry that is used exists', async () => {
  const page = path.resolve(import.meta.dirname, '../page');
  const own = (await readdir(page)).filter((file) => /\.(ts|html)$/.test(file));
  const views = path.resolve(import.meta.dirname, '../../../services/local/src/taps/views.ts');
  const files = [...own.map((file) => path.join(page, file)), views];
  const text = (await Promise.all(files.map(async (file) => readFile(file, 'utf8')))).join('\n');
  const unused = Object.keys(en).filter((word) => {
    const stem = word.replace(/(Does|Learns)$/, '');
    return !new RegExp(`['"\\s.](${word}|${stem})\\b`).test(text);
  });
  expect(unused).toEqual([]);
  const html = await readFile(path.join(page, 'index.html'), 'utf8');
  const named = [...html.matchAll(/data-(?:words|label)="(\w+)"/g)].map(([, word]) => word ?? '');
  expect(named.length).toBeGreaterThan(10);
  expect(named.filter((word) => !Object.hasOwn(en, word))).toEqual([]);
  const facts = [...(await readFile(views, 'utf8')).matchAll(/row\('(\w+)'/g)].map(([, fact]) => fact ?? '');
  expect(facts.length).toBeGreaterThan(10);
  expect(facts.filter((fact) => !Object.hasOwn(en, fact))).toEqual([]);
});

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { directionOf, fallbacks, languageOf, normalizeLocale, parseLocale } from '../src/locale.ts';
import { stringsFor } from '../src/strings/index.ts';

test.each([
  ['pt_BR', 'pt-BR'],
  ['en_US', 'en-US'],
  ['en-US-u-ca-gregory', 'en-US'],
  ['en_US.UTF-8', 'en-US'],
  ['de_AT@euro', 'de-AT'],
  ['sr_RS@latin', 'sr-Latn-RS'],
  ['zh_CN_#Hans', 'zh-Hans-CN'],
  ['zh-hant-tw', 'zh-Hant-TW'],
  ['en-US@posix', 'en-US'],
  ['es-ES_tradnl', 'es-ES'],
  ['es-419', 'es-419'],
  ['ca-ES-valencia', 'ca-ES'],
  ['de-DE-x-private', 'de-DE'],
  ['iw_IL', 'he-IL'],
  ['zh-yue-HK', 'yue-HK'],
  ['zh_min_nan', 'nan'],
  ['sgn-ase-US', 'ase-US'],
  ['no-nyn', 'no'],
  ['ZH', 'zh'],
  [' fr ', 'fr'],
  ['C', 'en'],
  ['C.UTF-8', 'en'],
  ['POSIX', 'en'],
  ['x-klingon', 'en'],
  ['i-default', 'en'],
  ['english', 'en'],
  ['', 'en'],
  ['-', 'en'],
  ['*', 'en'],
  ['null', 'en'],
])('N38 normalizeLocale: reads "%s" as %s', (text, tag) => {
  expect(normalizeLocale(text)).toBe(tag);
});

test('N38 locale: never throws, and every result is valid for the platform', () => {
  const part = fc.oneof(
    fc.constantFrom(
      'en',
      'zh',
      'Hant',
      'US',
      '419',
      'u',
      'x',
      'ca',
      'gregory',
      'UTF-8',
      '@euro',
      '#Hans',
      'nedis',
    ),
    fc.string({ maxLength: 9 }),
  );
  const separator = fc.constantFrom('-', '_', '.', '@', ' ', '');
  fc.assert(
    fc.property(fc.array(fc.tuple(part, separator), { maxLength: 6 }), (parts) => {
      const text = parts.flat().join('');
      const tag = normalizeLocale(text);
      expect(() => new Intl.NumberFormat(tag)).not.toThrow();
      expect(normalizeLocale(tag)).toBe(tag);
      expect(languageOf(tag)).toBe(languageOf(text));
      expect(['ltr', 'rtl']).toContain(directionOf(text));
      expect(stringsFor(text).search).not.toBe('');
    }),
  );
});

test.each([
  ['nb_NO', 'no'],
  ['arz-EG', 'ar'],
  ['zh-min-nan', 'zh'],
  ['zh-yue-HK', 'yue'],
  ['zsm_MY.UTF-8', 'ms'],
  ['gsw-CH', 'de'],
  ['C', 'en'],
])('N38 languageOf: %s is searched as %s, as the engine does', (locale, language) => {
  expect(languageOf(locale)).toBe(language);
});

test('N38 stringsFor: a language that is a member of another has its texts', () => {
  expect(stringsFor('arz_EG')).toEqual(stringsFor('ar'));
  expect(stringsFor('nan-Hant-TW')).toEqual(stringsFor('zh'));
});

test('N38 parseLocale: returns null for text that names no language', () => {
  expect(['C', 'POSIX', '', 'x-klingon'].map(parseLocale)).toEqual([null, null, null, null]);
});

test('fallbacks: go from script and region to the language', () => {
  expect(fallbacks('zh_TW')).toEqual(['zh-Hant-TW', 'zh-Hant', 'zh-TW', 'zh']);
  expect(fallbacks('pt')).toEqual(['pt-Latn-BR', 'pt-Latn', 'pt-BR', 'pt']);
});

test('directionOf: follows the script', () => {
  expect(['ar', 'he-IL', 'fa', 'ur', 'iw', 'pa-Arab', 'ks', 'ckb'].map(directionOf)).toEqual(
    Array.from({ length: 8 }, () => 'rtl'),
  );
  expect(['en', 'ja', 'sr-Latn', 'az', 'ar-Latn'].map(directionOf)).toEqual(
    Array.from({ length: 5 }, () => 'ltr'),
  );
});

import { expect, test } from 'vitest';
import { isLocale, languageOf, parents } from '../src/locale.ts';

test.each([
  ['nb', 'no'],
  ['nn', 'no'],
  ['NB_no', 'no'],
  ['nno-NO', 'no'],
  ['no-bok', 'no'],
  ['iw', 'he'],
  ['in-ID', 'id'],
  ['tl', 'fil'],
  ['jw', 'jv'],
  ['mo-MD', 'ro'],
  ['sh', 'sr'],
  ['cmn-Hans-CN', 'zh'],
  ['zh-cmn-Hans', 'zh'],
  ['zh-yue-HK', 'yue'],
  ['zh-min-nan', 'zh'],
  ['arz', 'ar'],
  ['apc-SY', 'ar'],
  ['zsm', 'ms'],
  ['prs', 'fa'],
  ['gsw-CH', 'de'],
  ['quy', 'qu'],
  ['kok-IN', 'kok'],
  ['en-GB-oed', 'en'],
  ['en-US-u-hc-h12', 'en'],
  ['de-x-mine', 'de'],
  ['tlh', 'tlh'],
])('languageOf: %s is searched as %s', (locale, language) => {
  expect([isLocale(locale), languageOf(locale)]).toEqual([true, language]);
});

test.each([
  '',
  'C',
  'POSIX',
  '*',
  '?',
  'x-foo',
  'i-klingon',
  'en_US.UTF-8',
  'en--US',
  'e',
  'e'.repeat(65),
  '../en',
])('isLocale: refuses %j', (text) => {
  expect(isLocale(text)).toBe(false);
});

test.each([
  ['es-MX', ['es-MX', 'es-Latn-MX', 'es-419', 'es-Latn', 'es']],
  ['es-PH', ['es-PH', 'es-Latn-PH', 'es-Latn', 'es']],
  ['pt', ['pt-BR', 'pt-Latn-BR', 'pt-Latn', 'pt']],
  ['pt-AO', ['pt-AO', 'pt-Latn-AO', 'pt-PT', 'pt-Latn', 'pt']],
  ['en_za', ['en-ZA', 'en-Latn-ZA', 'en-001', 'en-Latn', 'en']],
  ['en-PH', ['en-PH', 'en-Latn-PH', 'en-Latn', 'en']],
  ['zh_TW', ['zh-TW', 'zh-Hant-TW', 'zh-Hant', 'zh']],
  ['zh-MO', ['zh-MO', 'zh-Hant-MO', 'zh-Hant-HK', 'zh-Hant', 'zh']],
  ['zh-Hans-MO', ['zh-MO', 'zh-Hans-MO', 'zh-Hans', 'zh']],
  ['sr-ME', ['sr-ME', 'sr-Latn-ME', 'sr-Latn', 'sr']],
  ['sr-Latn-BA', ['sr-BA', 'sr-Latn-BA', 'sr-Latn', 'sr']],
  ['pa-PK', ['pa-PK', 'pa-Arab-PK', 'pa-Arab', 'pa']],
  ['ca-valencia', ['ca-ES-valencia', 'ca-Latn-ES', 'ca-ES', 'ca-Latn', 'ca']],
  ['nn', ['nn-NO', 'nn-Latn-NO', 'nn-Latn', 'nn', 'no']],
])('parents: the replacements of %s', (locale, chain) => {
  expect(parents(locale)).toEqual(chain);
});

import { expect, test } from 'vitest';
import { fold } from '../src/fold.ts';
import { indexTerms, tokenize } from '../src/tokens.ts';

const same: readonly [what: string, language: string, one: string, other: string][] = [
  ['case and accents', 'fr', 'Éléphant', 'elephant'],
  ['letters with a stroke', 'pl', 'Łódź', 'lodz'],
  ['German sharp s', 'de', 'Straße', 'STRASSE'],
  ['Turkish dotted and dotless i', 'tr', 'İstanbul ışık', 'istanbul isik'],
  ['full width', 'ja', 'ＡＢＣ１２', 'abc12'],
  ['half-width katakana and hiragana', 'ja', 'ﾈｺ', 'ねこ'],
  ['Arabic vowels, hamza and tatweel', 'ar', 'أُحِبُّـــكَ', 'احبك'],
  ['Arabic and Persian yeh and kaf', 'fa', 'کتابی', 'كتابي'],
  ['Persian digits', 'fa', '۱۲۳', '123'],
  ['Persian zero-width non-joiner', 'fa', 'می‌خواهم', 'میخواهم'],
  ['Hebrew points and final forms', 'he', 'שָׁלוֹם', 'שלומ'],
  ['Thai tones', 'th', 'ยิ้ม', 'ยิม'],
  ['Serbian in both scripts', 'sr', 'Ђурађ и њушка', 'Đurađ i njuška'],
  ['Serbian without accents', 'sr', 'мачка', 'macka'],
  ['English apostrophes', 'en', 'o’clock', 'oclock'],
  ['variation selectors', 'en', 'heart\ufe0f', 'heart'],
  ['bidirectional controls', 'en', '\u202ecat\u202c', 'cat'],
  ['Greek final sigma', 'el', 'ΣΚΎΛΟΣ', 'σκυλοσ'],
];

test.each(same)('%s fold alike', (_, language, one, other) => {
  expect(fold(one, language)).toBe(fold(other, language));
});

test('different letters stay different', () => {
  expect(fold('мачка', 'ru')).not.toBe(fold('macka', 'ru'));
  expect(fold('कि', 'hi')).not.toBe(fold('क', 'hi'));
  expect(fold('ぱ', 'ja')).not.toBe(fold('は', 'ja'));
});

test('a Hangul syllable that is being typed is a prefix of the complete one', () => {
  expect(fold('고양이', 'ko').startsWith(fold('고야', 'ko'))).toBe(true);
});

const texts = (text: string): string[] => tokenize(text).map((token) => token.text);

test('words are split at spaces, hyphens and underscores', () => {
  expect(texts('heart_eyes-cat face')).toEqual(['heart', 'eyes', 'cat', 'face']);
});

test('Chinese and Japanese are looked up by pairs of characters', () => {
  expect(texts('笑脸')).toEqual(['笑脸']);
  expect(texts('大笑脸')).toEqual(['大笑', '笑脸']);
  expect(texts('笑')).toEqual(['笑']);
  expect(indexTerms('大笑脸').terms).toEqual(['大笑', '笑脸', '脸']);
});

test('Thai is looked up by pairs of clusters, leading vowels with their consonant', () => {
  expect(texts('แมวยิม')).toEqual(['แมว', 'วยิ', 'ยิม']);
});

test('a run without spaces counts its characters, so that a whole phrase is distinguished from a part', () => {
  expect(indexTerms('大笑脸').units).toBe(3);
  expect(tokenize('大笑脸').reduce((sum, { weight }) => sum + weight, 0)).toBe(3);
});

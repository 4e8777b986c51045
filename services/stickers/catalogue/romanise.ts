import { latinKey } from '@sotto/sticker-search/format';
import { pinyin } from 'pinyin-pro';
import { toRomaji } from 'wanakana';

/** How people type a phrase of a language in Latin letters, as keys of its index; none for most languages. */
export function romanised(phrase: string, tag: string): string[] {
  const spell = SPELLINGS[tag];
  if (spell === undefined) return [];
  const keys = spell(phrase.normalize('NFC').toLowerCase()).map((text) => latinKey(text, tag));
  return [...new Set(keys)].filter((key) => /^[a-z]{2,}$/.test(key));
}

const SPELLINGS: Readonly<Record<string, (phrase: string) => string[]>> = {
  ar: (phrase) => [...words(phrase), phrase.replace(/\s+/gu, '')].flatMap(arabic),
  hi: (phrase) => words(phrase).flatMap(devanagari),
  ja: (phrase) => (KANA.test(phrase) ? kana(phrase) : []),
  ko: (phrase) => words(phrase).map(hangul),
  ru: (phrase) => words(phrase).flatMap(cyrillic),
  zh: (phrase) => (HAN.test(phrase) ? mandarin(phrase) : []),
};

const HAN = /^\p{Script=Han}{1,6}$/u;
const KANA = /^[\p{Script=Hiragana}\p{Script=Katakana}ー]{1,16}$/u;

const words = (phrase: string): string[] => phrase.split(/[^\p{L}\p{M}]+/u).filter((word) => word !== '');

/** Replaces each letter by a table. Letters that are not in the table are left out. */
const letters = (word: string, table: Readonly<Record<string, string>>): string =>
  Array.from(word, (letter) => table[letter] ?? '').join('');

/** Pinyin without tones; ü is typed as v, or as u. */
function mandarin(phrase: string): string[] {
  const typed = pinyin(phrase, { toneType: 'none', type: 'array', v: true }).join('');
  return [typed, typed.replaceAll('v', 'u')];
}

/** Hepburn, with long vowels written out and short. */
function kana(phrase: string): string[] {
  const long = toRomaji(phrase).replace(/[^a-z]/g, '');
  return [long, long.replace(/ou/g, 'o').replace(/([aeiou])\1/g, '$1')];
}

const RUSSIAN: Readonly<Record<string, string>> = Object.fromEntries(
  'а:a б:b в:v г:g д:d е:e ё:e ж:zh з:z и:i й:y к:k л:l м:m н:n о:o п:p р:r с:s т:t у:u ф:f х:kh ц:ts ч:ch ш:sh щ:shch ы:y э:e ю:yu я:ya'
    .split(' ')
    .map((pair) => pair.split(':') as [string, string]),
);
const RUSSIAN_OTHER = { ...RUSSIAN, ё: 'yo', х: 'h', ц: 'c', щ: 'sch' };
const RUSSIAN_J = { ...RUSSIAN, ё: 'jo', х: 'h', й: 'j', ю: 'ju', я: 'ja' };

const cyrillic = (word: string): string[] =>
  [RUSSIAN, RUSSIAN_OTHER, RUSSIAN_J].map((table) => letters(word, table));

/** The consonants of a word. Vowels are not written, and `latinKey` removes them from typed text. */
const ARABIC: Readonly<Record<string, string>> = Object.fromEntries(
  'ب:b ت:t ث:t ج:j خ:k د:d ذ:d ر:r ز:z س:s ش:s ص:s ض:d ط:t ظ:z غ:g ف:f ق:q ك:k ل:l م:m ن:n'
    .split(' ')
    .map((pair) => pair.split(':') as [string, string]),
);

function arabic(word: string): string[] {
  const stems = word.startsWith('ال') && word.length > 4 ? [word, word.slice(2)] : [word];
  return stems.flatMap((stem) => {
    const plain = letters(stem, ARABIC);
    return /[اً]$/.test(stem) ? [plain, `${plain}n`] : [plain]; // shukran
  });
}

const INITIALS = 'g kk n d tt r m b pp s ss  j jj ch k t p h'.split(' ');
const VOWELS = 'a ae ya yae eo e yeo ye o wa wae oe yo u wo we wi yu eu ui i'.split(' ');
const FINALS = ' k k k n n n t l k m l l l p l m p p t t ng t t k t p t'.split(' ');
const NASAL: Readonly<Record<string, string>> = { k: 'ng', t: 'n', p: 'm' };

/** Revised Romanisation, with stops before ㄴ and ㅁ as they are spoken. */
function hangul(word: string): string {
  const syllables = Array.from(word, (letter) => (letter.codePointAt(0) ?? 0) - 0xac00);
  return syllables
    .map((code, i) => {
      if (code < 0 || code > 11_171) return '';
      const next = syllables[i + 1] ?? -1;
      const follows = next < 0 ? '' : (INITIALS[Math.floor(next / 588)] ?? '');
      const last = FINALS[code % 28] ?? '';
      const spoken = follows === 'n' || follows === 'm' ? (NASAL[last] ?? last) : last;
      return `${INITIALS[Math.floor(code / 588)]}${VOWELS[Math.floor((code % 588) / 28)]}${spoken}`;
    })
    .join('');
}

const CONSONANTS: Readonly<Record<string, string>> = Object.fromEntries(
  'क:k ख:kh ग:g घ:gh ङ:n च:ch छ:chh ज:j झ:jh ञ:n ट:t ठ:th ड:d ढ:dh ण:n त:t थ:th द:d ध:dh न:n प:p फ:ph ब:b भ:bh म:m य:y र:r ल:l व:v श:sh ष:sh स:s ह:h'
    .split(' ')
    .map((pair) => pair.split(':') as [string, string]),
);
const LONG: Readonly<Record<string, string>> = Object.fromEntries(
  'अ:a आ:aa इ:i ई:ee उ:u ऊ:oo ए:e ऐ:ai ओ:o औ:au ऋ:ri ा:aa ि:i ी:ee ु:u ू:oo े:e ै:ai ो:o ौ:au ृ:ri ं:n ँ:n ॉ:o'
    .split(' ')
    .map((pair) => pair.split(':') as [string, string]),
);
const VIRAMA = '्';
const NUKTA = '़';

/**
 * Spells out the vowel that Devanagari does not write, both where it is spoken and where it is silent, and
 * long vowels in two ways.
 */
function devanagari(word: string): string[] {
  const parts: string[] = []; // consonants in lower case, vowels in capitals; A is the vowel that is not written
  const marks = Array.from(word.normalize('NFD'));
  for (const [i, letter] of marks.entries()) {
    const consonant = CONSONANTS[letter];
    const dotted = marks[i + 1] === NUKTA;
    const after = marks[i + (dotted ? 2 : 1)];
    if (consonant === undefined) parts.push((LONG[letter] ?? '').toUpperCase());
    else parts.push(letter === 'ज' && dotted ? 'z' : consonant);
    const open = after === undefined || CONSONANTS[after] !== undefined || after === 'ं' || after === 'ँ';
    if (consonant !== undefined && open && after !== VIRAMA) parts.push('@');
  }
  const whole = parts.join('').replace(/@$/, '');
  const closed = whole.replace(/([A-Z@][a-z]+)@([a-z]+(?=[A-Z]))/g, '$1$2');
  return [whole, closed].flatMap((form) => {
    const spoken = form.replaceAll('@', 'A').toLowerCase();
    const short = spoken.replace(/aa/g, 'a').replace(/ee/g, 'i').replace(/oo/g, 'u');
    const ends = [spoken, short].map((text) => text.replace(/([aeou])y$/, '$1i').replace(/ee$/, 'i'));
    return [spoken, short, ...ends, short.replace(/v/g, 'w')];
  });
}

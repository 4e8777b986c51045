/** Letters with more than one common spelling, after NFKD and lower case. */
const LETTERS: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  đ: 'd',
  ð: 'd',
  ħ: 'h',
  ı: 'i',
  ł: 'l',
  ŋ: 'n',
  þ: 'th',
  ə: 'e',
  ς: 'σ',
  // Arabic and Persian: forms of alef, yeh, kaf, heh; hamza seats.
  ٱ: 'ا',
  ى: 'ي',
  ی: 'ي',
  ې: 'ي',
  ک: 'ك',
  ڪ: 'ك',
  ة: 'ه',
  ە: 'ه',
  ہ: 'ه',
  ھ: 'ه',
  ۃ: 'ه',
  ء: '',
  // Hebrew: final forms.
  ך: 'כ',
  ם: 'מ',
  ן: 'נ',
  ף: 'פ',
  ץ: 'צ',
};
const SPECIAL = new RegExp(`[${Object.keys(LETTERS).join('')}]`, 'g');

/**
 * Marks that people leave out: accents of Latin, Greek and Cyrillic, Hebrew points and accents,
 * Arabic vowels and hamza, tatweel, Thai and Lao tones, Hebrew geresh, joiners, bidi controls, and
 * the mark of `latin.ts`.
 * Marks of Indic scripts are vowels and stay.
 */
const DROPPED =
  // oxlint-disable-next-line no-misleading-character-class
  /[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1-\u05c7\u05f3\u05f4\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed\u0e48-\u0e4b\u0ec8-\u0ecb\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufe0e\ufe0f\ue000]/g;

const KATAKANA = /[\u30a1-\u30f6]/g; // hiragana is 0x60 lower
const FOREIGN_DIGIT = /[\u0660-\u0669\u06f0-\u06f9\u0966-\u096f\u09e6-\u09ef\u0e50-\u0e59]/g;

/** Serbian Cyrillic letters, without accents, and the Latin letters that replace them. */
const CYRILLIC = 'абвгдезијклмнопрстћуфхцчш';
const LATIN = 'abvgdezijklmnoprstcufhccs';
const DIGRAPHS: Readonly<Record<string, string>> = { ђ: 'd', ж: 'z', љ: 'lj', њ: 'nj', џ: 'dz' };
const BOTH_SCRIPTS = new Set(['sr', 'bs', 'hr']);

/** Languages with the same result are folded in the same way. */
export const foldOf = (language: string): string =>
  language === 'en' ? 'en' : BOTH_SCRIPTS.has(language) ? 'sr' : '';

/** Whether a text has only ASCII letters, digits and spaces, of which only the case is folded. */
export const isPlain = (text: string): boolean => /^[A-Za-z0-9 ]*$/.test(text);

/**
 * The form in which text is compared: compatibility forms, case, accents and spelling variants
 * folded. Hangul comes out as jamo, so that a syllable being typed is a prefix of the whole one.
 *
 * @param language - the language subtag of the index: Serbian is compared in Latin letters
 */
export function fold(text: string, language: string): string {
  if (isPlain(text)) return text.toLowerCase();
  const folded = text
    .normalize('NFKD')
    .toLowerCase()
    .replace(DROPPED, '')
    .replace(SPECIAL, (letter) => LETTERS[letter] ?? letter)
    .replace(KATAKANA, (kana) => String.fromCharCode(kana.charCodeAt(0) - 0x60))
    .replace(FOREIGN_DIGIT, digit);
  if (language === 'en') return folded.replace(/(?<=\p{L})['\u2019](?=\p{L})/gu, ''); // woman's, o'clock
  return BOTH_SCRIPTS.has(language) ? latin(folded) : folded;
}

const ZEROS = [0x0660, 0x06f0, 0x0966, 0x09e6, 0x0e50];

function digit(text: string): string {
  const code = text.charCodeAt(0);
  return String(code - (ZEROS.findLast((zero) => zero <= code) ?? code));
}

function latin(text: string): string {
  return text.replace(/[\u0400-\u04ff]/g, (letter) => {
    const at = CYRILLIC.indexOf(letter);
    return at < 0 ? (DIGRAPHS[letter] ?? letter) : LATIN.charAt(at);
  });
}

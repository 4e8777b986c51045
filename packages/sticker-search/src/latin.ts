/** Languages of another script whose words an index also has as people type them in Latin letters. */
const ROMANISED = new Set(['ar', 'hi', 'ja', 'ko', 'ru', 'zh']);
/** Begins the terms that are such spellings: a private-use character, which `fold` drops, so that it cannot be typed. */
export const LATIN = '\ue000';
/** Arabic chat letters: digits that look like a letter. */
const CHAT: Readonly<Record<string, string>> = { 2: '', 3: '', 5: 'k', 6: 't', 7: '', 8: 'q', 9: 's' };

/**
 * The form in which a spelling in Latin letters is compared: as it is, or in Arabic its consonants, since vowels are
 * not written there and everybody types others. Letters are only ever left out, so typing on narrows.
 */
export function latinKey(text: string, language: string): string {
  if (language !== 'ar') return text;
  return text
    .replace(/[2-9]/g, (digit) => CHAT[digit] ?? '')
    .replace(/[aeiouywh'’]/g, '')
    .replace(/([a-z])\1+/g, '$1');
}

/** The term under which an index of this language has what was typed in Latin letters; null: it has none. */
export function latinTerm(text: string, language: string): string | null {
  if (!ROMANISED.has(language) || !/^[a-z][a-z0-9]*$/.test(text)) return null;
  return LATIN + latinKey(text, language);
}

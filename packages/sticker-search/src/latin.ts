/** Languages of other scripts whose indexes also contain the words as people type them in Latin letters. */
const ROMANISED = new Set(['ar', 'hi', 'ja', 'ko', 'ru', 'zh']);
/**
 * The first character of the terms that are such spellings: a private-use character. `fold` drops it, so that
 * it cannot be typed.
 */
export const LATIN = '\ue000';
/** Arabic chat letters: digits that look like a letter. */
const CHAT: Readonly<Record<string, string>> = { 2: '', 3: '', 5: 'k', 6: 't', 7: '', 8: 'q', 9: 's' };

/**
 * The form in which a spelling in Latin letters is compared: unchanged, or for Arabic only the consonants,
 * because Arabic does not write vowels and people type different ones. Letters are only left out, so typing
 * on narrows the results.
 */
export function latinKey(text: string, language: string): string {
  if (language !== 'ar') return text;
  return text
    .replace(/[2-9]/g, (digit) => CHAT[digit] ?? '')
    .replace(/[aeiouywh'’]/g, '')
    .replace(/([a-z])\1+/g, '$1');
}

/** The index term for a text that was typed in Latin letters; null if this language has none. */
export function latinTerm(text: string, language: string): string | null {
  if (!ROMANISED.has(language) || !/^[a-z][a-z0-9]*$/.test(text)) return null;
  return LATIN + latinKey(text, language);
}

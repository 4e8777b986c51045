import { directionOf, languageOf } from '../../src/locale.ts';
import { ar } from './ar.ts';
import { de } from './de.ts';
import { en, type Words } from './en.ts';
import { es } from './es.ts';
import { fr } from './fr.ts';
import { hi } from './hi.ts';
import { ja } from './ja.ts';
import { pt } from './pt.ts';
import { sr } from './sr.ts';
import { zh } from './zh.ts';

export type { Words } from './en.ts';

/** The page's texts by language. */
export const WORDS: Readonly<Record<string, Words>> = { en, ar, de, es, fr, hi, ja, pt, sr, zh };

/** The first of the browser's languages that the page has. */
export const spoken = (languages: readonly string[]): string =>
  languages.map(languageOf).find((language) => Object.hasOwn(WORDS, language)) ?? 'en';

/** Sets the page's language and direction, and the text of every element with `data-words` or `data-label`. */
export function speak(root: HTMLElement, language: string): Words {
  const words = WORDS[language] ?? en;
  root.lang = language;
  root.dir = directionOf(language);
  for (const element of root.querySelectorAll<HTMLElement>('[data-words]')) {
    element.textContent = words[element.dataset['words'] as keyof Words];
  }
  for (const element of root.querySelectorAll<HTMLElement>('[data-label]')) {
    element.setAttribute('aria-label', words[element.dataset['label'] as keyof Words]);
  }
  return words;
}

import { directionOf, languageOf } from '../../src/locale.ts';
import { addStrings, type Strings } from '../../src/strings/index.ts';
import { en, type Words } from './en.ts';

export type { Words } from './en.ts';

/** The texts of one language: the page's and the picker's. */
interface Texts {
  readonly words: Words;
  readonly strings?: Strings; // English is built into the picker
}

/** The page's languages. The texts of one are loaded when it is chosen. */
export const WORDS: Readonly<Record<string, () => Promise<Texts>>> = {
  en: async () => ({ words: en }),
  ar: () => import('./ar.ts'),
  de: () => import('./de.ts'),
  es: () => import('./es.ts'),
  fr: () => import('./fr.ts'),
  hi: () => import('./hi.ts'),
  ja: () => import('./ja.ts'),
  pt: () => import('./pt.ts'),
  sr: () => import('./sr.ts'),
  zh: () => import('./zh.ts'),
};

/** The first of the browser's languages that the page has. */
export const spoken = (languages: readonly string[]): string =>
  languages.map(languageOf).find((language) => Object.hasOwn(WORDS, language)) ?? 'en';

/**
 * Loads a language, and sets the page's language and direction and the text of every element with `data-words` or
 * `data-label`.
 */
export async function speak(root: HTMLElement, language: string): Promise<Words> {
  const { words, strings } = (await WORDS[language]?.()) ?? { words: en };
  if (strings !== undefined) addStrings(language, strings);
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

/** Tags that name a language by another of its names. */
const ALIASES: Readonly<Record<string, string>> = {
  nb: 'no',
  iw: 'he',
  in: 'id',
  tl: 'fil',
  mo: 'ro',
  sh: 'sr',
  ji: 'yi',
};
const HANT = new Set(['TW', 'HK', 'MO']);
const TAG = /^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$/i;

/** Whether text is shaped as a language tag (BCP 47), 2 to 30 characters. */
export const isLocale = (tag: string): boolean => tag.length <= 30 && TAG.test(tag);

/** The language subtag in lower case, by the name that the catalogue uses. */
export function languageOf(tag: string): string {
  const language = (tag.split('-', 1)[0] ?? '').toLowerCase();
  return ALIASES[language] ?? language;
}

/** The tag and its parents, nearest first, as they may stand in an index: es-MX, es-419, es. */
export function parents(tag: string): string[] {
  const [, ...rest] = tag.split('-');
  const language = languageOf(tag);
  const script = rest.find((part) => part.length === 4);
  const region = rest.find((part) => part.length === 2 || /^\d{3}$/.test(part))?.toUpperCase();
  const written = script === undefined ? impliedScript(language, region) : capital(script);
  const chain: string[] = [];
  if (written !== '' && region !== undefined) chain.push(`${language}-${written}-${region}`);
  if (written !== '') chain.push(`${language}-${written}`);
  if (region !== undefined) chain.push(`${language}-${region}`);
  if (language === 'es' && region !== undefined && region !== 'ES') chain.push('es-419');
  if (language === 'en' && region !== undefined && region !== 'US') chain.push('en-001');
  if (language === 'pt' && region !== undefined && region !== 'BR') chain.push('pt-PT');
  return [...new Set([...chain, language])];
}

const capital = (script: string): string => script.charAt(0).toUpperCase() + script.slice(1).toLowerCase();

const impliedScript = (language: string, region: string | undefined): string =>
  language === 'zh' && region !== undefined && HANT.has(region) ? 'Hant' : '';

import { languageTag } from './tag.ts';

/**
 * Language of the catalogue → the languages that belong to it or are close to it (CLDR, languageMatching,
 * distance ≤ 10).
 */
const RELATED: Readonly<Record<string, string>> = {
  ar: 'aao abh abv acm acq acw acx acy adf aeb aec afb apc apd arq ars ary arz auz avl ayh ayl ayn ayp bbz pga shu ssh',
  az: 'azb',
  de: 'gsw lb',
  et: 'vro',
  kok: 'knn',
  lv: 'ltg',
  mn: 'mvf',
  ms: 'bjn btj bve bvu coa dup hji jak jax kvb kvr kxd lce lcf liw max meo mfa mfb min mqg msi mui orn ors pel pse tmw urk vkk vkt xmm zlm zmi',
  ne: 'dty',
  no: 'nb nn',
  or: 'spv',
  ps: 'pbt pst',
  qu: 'qub qud quf qug quh quk qul qup qur qus quw qux quy qva qvc qve qvh qvi qvj qvl qvm qvn qvo qvp qvs qvw qvz qwa qwc qwh qws qxa qxc qxh qxl qxn qxo qxp qxr qxt qxu qxw',
  sq: 'aae aat aln',
  uz: 'uzs',
  zh: 'cdo cjy cnp cpx csp czh czo gan hak hnm hsn luh lzh mnp nan sjc wuu',
};
const CATALOGUE_TAGS: ReadonlyMap<string, string> = new Map(
  Object.entries(RELATED).flatMap(([tag, members]) => members.split(' ').map((member) => [member, tag])),
);
const LONGEST = 64; // characters
const TAG = /^[a-z]{2,3}([-_][a-z0-9]{1,8})*$/i;

/** The regions of CLDR's Latin American Spanish. */
const LATIN_AMERICA = /^(?:419|AR|B[ORZ]|C[LORU]|DO|EC|GT|HN|JP|MX|NI|P[AERY]|SV|US|UY|VE)$/;
/** The regions of American English. */
const AMERICAN = /^(?:AS|GU|MH|MP|PH|PR|UM|US|VI)$/;

/** Whether text names a language as BCP 47 does, or with `_` between its parts; at most 64 characters. */
export const isLocale = (tag: string): boolean =>
  tag.length <= LONGEST && TAG.test(tag) && parse(tag) !== null;

/**
 * The language of a locale as the catalogue names it: `no` for `nb` and `nn_NO`, `he` for `iw`, `zh` for
 * `cmn-Hans`. The text itself if it is not a locale.
 */
export function languageOf(locale: string): string {
  const language = parse(locale)?.language ?? locale;
  return CATALOGUE_TAGS.get(language) ?? language;
}

/** A locale and its replacements, nearest first, as they may be in an index: es-MX, es-419, es. */
export function parents(locale: string): string[] {
  const parsed = parse(locale);
  if (parsed === null) return [];
  const { language, script = '', region = '' } = parsed.maximize();
  const [variant = ''] = /-(?:[a-z0-9]{5,8}|\d[a-z0-9]{3})$/.exec(parsed.baseName) ?? [];
  const written = `${language}-${script}`;
  const chain = [`${language}-${region}${variant}`, `${written}-${region}`, `${language}-${region}`];
  if (language === 'es' && LATIN_AMERICA.test(region)) chain.push('es-419');
  if (language === 'en' && !AMERICAN.test(region)) chain.push('en-001');
  if (language === 'pt' && region !== 'BR') chain.push('pt-PT');
  if (written === 'zh-Hant' && region === 'MO') chain.push('zh-Hant-HK');
  return [...new Set([...chain, written, language, languageOf(locale)])];
}

/** A locale in its canonical form, without unknown last parts; null if the text is not a locale. */
function parse(text: string): Intl.Locale | null {
  const known = languageTag(text.replaceAll('_', '-'));
  for (let end = known.length; end > 0; end = known.lastIndexOf('-', end - 1)) {
    try {
      return new Intl.Locale(known.slice(0, end));
    } catch {
      continue;
    }
  }
  return null;
}

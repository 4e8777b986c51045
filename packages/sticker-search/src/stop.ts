import { fold } from './fold.ts';

/** Words that say nothing of a picture: what is left out of a query that finds nothing with them. */
const WORDS: Readonly<Record<string, string>> = {
  en: 'a an the of with and or in on at to for from by is are am be it its my your me you i we this that very so emoji emojis sticker stickers icon symbol sign picture',
  es: 'el la los las un una unos unas de del con y o en a al para por es mi tu me te se lo que muy emoji',
  fr: 'le la les l un une des de du d avec et ou en dans a au aux sur pour par est mon ma mes ton ta je tu il que qui tres emoji',
  de: 'der die das den dem des ein eine einen einem einer und oder mit in im am an auf zu zum zur fur von vom ist mein dein ich du sehr emoji',
  pt: 'o a os as um uma uns umas de do da dos das com e ou em no na nos nas ao para por meu minha seu sua que muito emoji',
  it: 'il lo la i gli le l un uno una di del della dei con e o in nel nella a al per da mio mia che molto emoji',
  nl: 'de het een van met en of in op aan te voor door is mijn jouw ik je heel emoji',
  ru: 'и в во на с со у к по за из от для не я ты мой моя это очень емодзи эмодзи',
  sr: 'i u na s sa za od do iz je ja ti moj moja to veoma emodzi',
  pl: 'i w na z ze do od dla po u o jest moj moja bardzo emoji',
  tr: 've ile bir bu da de icin cok emoji',
  ar: 'في من على مع الي عن هذا هذه يا و',
  hi: 'का की के में से और पर को है यह मेरा मेरी एक',
  id: 'yang dan di ke dari dengan untuk saya kamu ini itu emoji',
};

const SETS = new Map(
  Object.entries(WORDS).map(([tag, words]) => [tag, new Set(fold(words, tag).split(' '))]),
);

/** Whether a word says nothing in one of some languages. */
export const isStopWord = (word: string, tags: readonly string[]): boolean =>
  tags.some((tag) => SETS.get(tag)?.has(word) === true);

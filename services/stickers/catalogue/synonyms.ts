import { encodeIndex, Language } from '@sotto/sticker-search/format';
import { WordNet } from './wordnet.ts';

const LIKE = 0.3; // least likeness of a related word
const RARE_LIKE = 0.5; // the same for a word that WordNet never counted,
const RARE_LONG = 8; // which is left out when it has more letters
const MOST = 3; // related words of one

/**
 * The English words that no sticker has and WordNet knows, each with the nearest words that some sticker has:
 * physician → doctor. Looked up only for a word with no match of its own.
 */
export function encodeSynonyms(english: Uint8Array, stickers: number, net: WordNet): Uint8Array {
  const index = new Language(english, stickers);
  const vocabulary = new Set<string>();
  index.all((term) => {
    if (/^[a-z]{3,}$/.test(term)) vocabulary.add(term);
  });
  const aliases = new Map<string, string[]>();
  for (const word of net.words()) {
    if (index.firstFrom(word)?.startsWith(word) === true) continue;
    const used = net.count(word) > 0;
    if (!used && word.length > RARE_LONG) continue;
    for (const [other, likeness] of net.related(word, vocabulary, MOST)) {
      if (likeness < (used ? LIKE : RARE_LIKE)) continue;
      const list = aliases.get(other);
      if (list === undefined) aliases.set(other, [word]);
      else list.push(word);
    }
  }
  const phrases = [...aliases]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([text, terms]) => ({ text, terms, units: 1, stickers: new Map<number, number>() }));
  return encodeIndex('en', 0, phrases, new Map());
}

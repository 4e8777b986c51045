import { expect, test } from 'vitest';
import { seeded } from '../../../test/support/seeded.ts';
import {
  encodeLanguage,
  encodeMeaning,
  encodeRelated,
  type Entry,
  HINT,
  KEYWORD,
  Language,
  NAME,
  type StickersFile,
} from '../src/format.ts';
import { createSearch } from '../src/index.ts';
import { inflections } from '../src/inflect.ts';
import { slowSearch, type SlowCorpus } from './slow-search.ts';

const STICKERS = 160;
const random = seeded(20_261_126);
const below = (n: number): number => Math.floor(random() * n);
function pick<T>(list: readonly T[]): T {
  const [item] = list.slice(below(list.length));
  if (item === undefined) throw new Error('an empty list');
  return item;
}

const WORDS =
  'cat cats kitten happy happier happily dance dancing dancer run running runs sad sadness face faces heart hearts red green apple apples ice cream icecream ghost tree trees sun sunny sunshine rain rainy big small thumbs up down wave waving berry berries of the the and'.split(
    ' ',
  );
const SPANISH =
  'gato gatos feliz felices cara corazon rojo verde manzana sol arbol lluvia grande pequeno de la'.split(' ');

/** Phrases of one to four words for every sticker. */
function entriesOf(words: readonly string[]): Entry[] {
  return Array.from({ length: STICKERS }, (_, sticker) => {
    const phrase = (): string => Array.from({ length: 1 + below(4) }, () => pick(words)).join(' ');
    const more = Array.from({ length: 1 + below(5) }, () => ({
      sticker,
      phrase: phrase(),
      kind: pick([KEYWORD, KEYWORD, HINT]),
    }));
    return [{ sticker, phrase: phrase(), kind: NAME }, ...more];
  }).flat();
}

const few = (): number[] => [...new Set(Array.from({ length: 4 }, () => below(STICKERS)))];
const indexOf = (tag: string, words: readonly string[]): Uint8Array =>
  encodeLanguage({ tag, stickers: STICKERS, entries: entriesOf(words), variants: new Map() });
const indexes = { en: indexOf('en', WORDS), es: indexOf('es', SPANISH) };
const meant = new Map(['lottery', 'kitty', 'gloom', 'attorney', 'weather'].map((word) => [word, few()]));
const related = Array.from({ length: STICKERS }, few);
const common = Array.from({ length: STICKERS }, () => (random() < 0.1 ? 0 : below(256)));
const file: StickersFile = {
  format: 2,
  packs: [{ id: 'core', name: '', licence: '', attribution: '' }],
  types: ['image/webp'],
  stickers: common.map((often, i) => [`sticker${i}`, '', 0, often, 0, 0, 0]),
  emoticons: {},
};
const search = createSearch({
  stickers: new TextEncoder().encode(JSON.stringify(file)),
  indexes,
  meanings: { en: encodeMeaning('en', STICKERS, meant) },
  related: encodeRelated(related),
});
const corpusOf = (tags: readonly ('en' | 'es')[]): SlowCorpus => ({
  languages: tags.map((tag) => new Language(indexes[tag], STICKERS)),
  common,
  related,
  nearest: (word) =>
    meant.get(word) ??
    inflections(word)
      .filter(([, likeness]) => likeness > 0.8)
      .map(([form]) => meant.get(form))
      .find((list) => list !== undefined) ??
    null,
});

/**
 * A word as it is, as a prefix, with an extra or missing letter, with two letters swapped, joined to another,
 * or unknown.
 */
function typed(words: readonly string[]): string {
  const word = pick(words);
  const at = below(word.length);
  return pick([
    word,
    word,
    word.slice(0, 1 + at),
    `${word.slice(0, at)}x${word.slice(at)}`,
    word.slice(0, at) + word.slice(at + 1),
    `${word.slice(0, at)}${word[at + 1] ?? ''}${word[at] ?? ''}${word.slice(at + 2)}`,
    word + pick(words),
    pick([...meant.keys(), 'zzzz', 'qwertyuiop', 'aaaaaa']),
  ]);
}

test.each([
  ['en', WORDS],
  ['es', [...SPANISH, ...SPANISH, ...WORDS]],
])('search: in %s the fast search gives the list of the slow one', (locale, words) => {
  const corpus = corpusOf(locale === 'en' ? ['en'] : ['es', 'en']);
  for (let i = 0; i < 250; i++) {
    const query = Array.from({ length: 1 + below(3) }, () => typed(words)).join(' ');
    if (query.trim() === '') continue;
    const found = search.results(query, { locale });
    const fast = {
      stickers: Array.from({ length: found.total }, (_, at) =>
        Number(found.at(at).id.slice('sticker'.length)),
      ),
      strict: found.strict,
    };
    expect([query, fast]).toEqual([query, slowSearch(corpus, query)]);
  }
});

test('search: a cached query has the same results, except after a language was added', () => {
  const again = createSearch({
    stickers: new TextEncoder().encode(JSON.stringify(file)),
    indexes: { en: indexes.en },
  });
  const ids = (): string[] => again.search('gato', { locale: 'es' }).map(({ id }) => id);
  const before = ids();
  expect(ids()).toEqual(before);
  again.add('es', indexes.es);
  expect(ids()).not.toEqual(before);
  for (let i = 0; i < 1000; i++) again.search(`cat ${i}`, { locale: 'es' });
  expect(ids()).toEqual(
    search
      .search('gato', { locale: 'es' })
      .map(({ id }) => id)
      .slice(0, ids().length),
  );
});

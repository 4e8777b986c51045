import { createSearch, type Search } from '@sotto/sticker-search';
import { encodeLanguage, KEYWORD, NAME, type Entry, type StickersFile } from '@sotto/sticker-search/format';
import { seeded } from '../../support/seeded.ts';
import { ownClock } from '../cpu-clock.ts';
import { turnsOf, type Turn } from './turns.ts';

const SIZES = [2000, 20_000, 200_000]; // stickers
const ROUNDS = 9;
const WARM = 2500; // milliseconds of CPU time at each size, until the code is optimized
const TURN = 300; // at least
const QUERIES = 300; // more than a catalogue remembers
const WORDS = 6000; // of the vocabulary; their frequencies follow their ranks
const LIMIT = 24; // stickers of a page

/** Queries of two words, the second a prefix, in catalogues of so many stickers: CPU time of this process. */
export async function* catalogueTurns(): AsyncGenerator<Turn> {
  const queries = queriesOf(seeded(1));
  const catalogues = new Map(SIZES.map((size) => [size, catalogue(size)]));
  const costOf = (size: number, milliseconds: number): number => {
    const began = ownClock();
    for (let asked = 0; ;) {
      for (const query of queries) catalogues.get(size)?.search(query, { locale: 'en', limit: LIMIT });
      asked += QUERIES;
      const spent = ownClock() - began;
      if (spent >= milliseconds * 1000) return spent / asked;
    }
  };
  for (const size of SIZES) costOf(size, WARM);
  for (const size of turnsOf(SIZES, ROUNDS))
    yield { size, costs: { 'growth.catalogue': costOf(size, TURN) } };
}

/** Different queries, so that none is remembered from the turn before. */
function queriesOf(random: () => number): string[] {
  const queries = new Set<string>();
  while (queries.size < QUERIES) queries.add(`${word(random)} ${word(random).slice(0, 3)}`);
  return [...queries];
}

function catalogue(size: number): Search {
  const random = seeded(size);
  const entries: Entry[] = [];
  for (let sticker = 0; sticker < size; sticker++) {
    entries.push({ sticker, phrase: `${word(random)} ${word(random)}`, kind: NAME });
    for (let i = 0; i < 4; i++) entries.push({ sticker, phrase: word(random), kind: KEYWORD });
  }
  const file: StickersFile = {
    format: 2,
    packs: [{ id: 'core', name: '', licence: '', attribution: '' }],
    types: ['image/webp'],
    stickers: Array.from({ length: size }, (_, i) => [`s${i}`, '', 0, i % 256, 0, 0, 0]),
    emoticons: {},
  };
  return createSearch({
    stickers: new TextEncoder().encode(JSON.stringify(file)),
    indexes: { en: encodeLanguage({ tag: 'en', stickers: size, entries, variants: new Map() }) },
  });
}

/** A word of the vocabulary. Frequencies follow Zipf's law. */
function word(random: () => number): string {
  let text = '';
  for (let rank = Math.floor(WORDS ** random()) + 40; rank > 0; rank = Math.floor(rank / 20))
    text += 'bcdfghklmnprstvwxzaeiou'.charAt(rank % 20) + 'aeiou'.charAt(rank % 5);
  return text;
}

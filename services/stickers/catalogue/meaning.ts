import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { encodeMeaning, encodeRelated, Language, wordOf } from '@sotto/sticker-search/format';
import type { Artwork } from './core.ts';

const FOLDER = path.join(import.meta.dirname, 'meaning');

/** A table of `meaning/`: its rows, and the sticker of each number in them (`meaning/README.md`). */
function readTable(
  name: string,
  numbers: ReadonlyMap<string, number>,
): { rows: string[]; stickers: number[] } | null {
  const file = path.join(FOLDER, `${name}.txt.gz`);
  if (!existsSync(file)) return null;
  const [emoji = '', ...rows] = gunzipSync(readFileSync(file)).toString('utf8').trimEnd().split('\n');
  return { rows, stickers: emoji.split(' ').map((one) => numbers.get(one.replaceAll('\ufe0f', '')) ?? -1) };
}

const named = (numbers: readonly string[], stickers: readonly number[]): number[] =>
  numbers.map((number) => stickers[Number(number)] ?? -1).filter((sticker) => sticker >= 0);

/** The table of one language, without the words that its index has; null where there is none. */
export function encodeMeanings(
  tag: string,
  index: Uint8Array,
  stickers: number,
  numbers: ReadonlyMap<string, number>,
): Uint8Array | null {
  const table = readTable(tag, numbers);
  if (table === null) return null;
  const { terms } = new Language(index, stickers);
  const words = new Map<string, readonly number[]>();
  for (const row of table.rows) {
    const [text = '', ...nearest] = row.split(' ');
    const word = wordOf(text, tag);
    const found = named(nearest, table.stickers);
    if (word !== null && found.length > 0 && !words.has(word) && terms.find(word) < 0) words.set(word, found);
  }
  return encodeMeaning(tag, stickers, words);
}

const NEIGHBOURS = 24;

/**
 * For every sticker of the catalogue, the stickers that are nearest to it in meaning. For those in no table
 * (flags, artwork that is not an emoji, operators' packs) they are the neighbours in the same set.
 */
export function encodeNeighbours(
  drawings: readonly Artwork[],
  numbers: ReadonlyMap<string, number>,
): Uint8Array {
  const lists: number[][] = drawings.map(() => []);
  const table = readTable('related', numbers);
  table?.rows.forEach((row, i) => {
    const sticker = table.stickers[i] ?? -1;
    if (sticker >= 0) lists[sticker] = named(row.split(' '), table.stickers);
  });
  const sets = Map.groupBy(
    [...drawings.keys()].filter((i) => lists[i]?.length === 0),
    (i) => drawings[i]?.pack,
  );
  for (const set of sets.values()) {
    set.forEach((sticker, at) => {
      const from = Math.max(0, Math.min(at - NEIGHBOURS / 2, set.length - NEIGHBOURS - 1));
      lists[sticker] = set
        .slice(from, from + NEIGHBOURS + 1)
        .filter((other) => other !== sticker)
        .toSorted((a, b) => Math.abs(a - sticker) - Math.abs(b - sticker) || a - b);
    });
  }
  return encodeRelated(lists);
}

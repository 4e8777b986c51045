import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type Entry, HINT, KEYWORD, VARIANT_NAME } from '@sotto/sticker-search/format';

const FOLDER = path.join(import.meta.dirname, 'words');
const MEANT = 3; // how many of the first stickers of a line have exactly its meaning; the others are near to it

/** Whether we have a word list for a language. */
export const hasWords = (tag: string): boolean => existsSync(path.join(FOLDER, `${tag}.txt`));

/**
 * Words that people use and no emoji dictionary has, by our own judgement: `words/TAG.txt`, MIT. A line has
 * stickers, the most likely first, then ` | `, and phrases separated by commas.
 */
export function ownWords(tag: string, numbers: ReadonlyMap<string, number>): Entry[] {
  if (!hasWords(tag)) return [];
  const lines = readFileSync(path.join(FOLDER, `${tag}.txt`), 'utf8').split('\n');
  return lines.flatMap((line) => {
    const [stickers = '', phrases] = line.split(' | ');
    if (phrases === undefined) return [];
    return stickers.split(' ').flatMap((emoji, i) => {
      const sticker = numbers.get(emoji.replaceAll('\ufe0f', ''));
      if (sticker === undefined) return [];
      return phrases
        .split(', ')
        .map((phrase) => ({ sticker, phrase, kind: i === 0 ? VARIANT_NAME : i < MEANT ? KEYWORD : HINT }));
    });
  });
}

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { cldr, novelty, type Query } from './data.ts';
import type { Track } from './tracks.ts';

const FILE = path.join(import.meta.dirname, 'synonyms.txt');
const WORDS = path.join(import.meta.dirname, '../../services/stickers/catalogue/words/en.txt');

/** English synonyms that neither CLDR nor our own list has, from `synonyms.txt`: lines of `query | emoji …`. */
export function unseenSynonyms(known: ReadonlySet<string>): Track {
  const english = cldr(['en'], known);
  const phrases = new Set(english.flatMap(({ name, keywords }) => [name, ...keywords]));
  const own = readFileSync(WORDS, 'utf8').split('\n');
  for (const line of own) for (const phrase of (line.split(' | ')[1] ?? '').split(', ')) phrases.add(phrase);
  const all = readFileSync(FILE, 'utf8')
    .split('\n')
    .flatMap((line): Query[] => {
      const [query = '', expect] = line.split(' | ');
      return expect === undefined ? [] : [{ query, expect: expect.split(' ') }];
    });
  const isNovel = novelty(english);
  const queries = all.filter((query) => isNovel(query) && !phrases.has(query.query));
  const novel = Math.round((queries.length / all.length) * 1000) / 10;
  return { track: 'unseen synonyms', locale: 'en', queries, novel, baseline: english };
}

/** SHA-256, in hex, of the file of synonyms. */
export const synonymsDigest = (): string => createHash('sha256').update(readFileSync(FILE)).digest('hex');

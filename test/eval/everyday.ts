import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Query } from './data.ts';

/** An everyday query: what somebody types to find a sticker, and the emoji of which one must be found. */
export interface Everyday extends Query {
  readonly locale: string;
  /** A thing, a feeling, a phrase, slang, several words, a sentence, a flag, an emoticon, a typo, a synonym, romanised. */
  readonly kind: string;
  /** Search is tuned on one half; the other half is only reported. */
  readonly half: 'tuning' | 'held-out';
}

const FOLDER = path.join(import.meta.dirname, 'everyday');

/** All everyday queries: `everyday/LANGUAGE.txt`, a line `query | emoji …` each, under a heading `# kind`. */
export function everydayQueries(): Everyday[] {
  return readdirSync(FOLDER)
    .toSorted()
    .flatMap((file) => {
      const locale = path.basename(file, '.txt');
      let kind = '';
      return readFileSync(path.join(FOLDER, file), 'utf8')
        .split('\n')
        .flatMap((line): Everyday[] => {
          if (line.startsWith('# ')) kind = line.slice(2);
          const [query = '', expect] = line.split(' | ');
          if (expect === undefined) return [];
          return [{ locale, kind, query, expect: expect.split(' '), half: halfOf(locale, query) }];
        });
    });
}

/** The half of a query depends only on its text, so that a new query does not move others. */
function halfOf(locale: string, query: string): Everyday['half'] {
  const digest = createHash('sha256').update(`${locale}\0${query}`).digest();
  return ((digest[0] ?? 0) & 1) === 0 ? 'tuning' : 'held-out';
}

/** SHA-256, in hex, over all files of the track: it shows that the queries are those of the report. */
export function everydayDigest(): string {
  const hash = createHash('sha256');
  for (const file of readdirSync(FOLDER).toSorted()) {
    hash.update(`${file}\0`).update(readFileSync(path.join(FOLDER, file)));
  }
  return hash.digest('hex');
}

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createSearch } from '@sotto/sticker-search';
import { encodeLanguage } from '@sotto/sticker-search/format';
import { BUILT } from '../../services/stickers/catalogue/build.ts';
import { sourceOf } from '../../services/stickers/catalogue/languages.ts';
import { bare, cldr, novelty, type Query } from './data.ts';
import { DEPTH } from './measure.ts';

/** Regions whose names and keywords are held out, by the locale that is indexed. */
const REGIONS: Readonly<Record<string, readonly string[]>> = {
  es: ['es-419', 'es-MX', 'es-US'],
  pt: ['pt-PT'],
  fr: ['fr-CA'],
  en: ['en-AU', 'en-CA', 'en-GB', 'en-IN'],
  de: ['de-CH'],
  zh: ['zh-Hant', 'zh-Hant-HK'],
};
const MOST = 400; // queries of a region

/** Names of a region, searched in an index that was built without any region of its language. */
export interface RegionTrack {
  readonly locale: string;
  readonly queries: readonly Query[];
  readonly results: readonly (readonly string[])[];
}

const read = (name: string): Uint8Array => new Uint8Array(readFileSync(path.join(BUILT, name)));

/**
 * Searches every region. The queries are regional phrases that the language itself does not have for the
 * emoji.
 */
export function regionTracks(known: ReadonlySet<string>): RegionTrack[] {
  const stickers = read('stickers.json');
  const related = read('related.bin');
  const english = read('index/en.bin');
  const { table } = createSearch({ stickers, indexes: { en: english } });
  const numbers = new Map(
    table.stickers.flatMap(({ emoji, pack }, i) =>
      pack === 'core' ? [[emoji.replaceAll('\ufe0f', ''), i]] : [],
    ),
  );
  const job = { numbers, stickers: table.stickers.length, added: [] };
  return Object.entries(REGIONS).flatMap(([tag, regions]) => {
    const index = encodeLanguage(sourceOf(tag, [tag], job));
    const meanings = { en: read('meaning/en.bin'), [tag]: read(`meaning/${tag}.bin`) };
    const search = createSearch({ stickers, related, meanings, indexes: { en: english, [tag]: index } });
    const isNovel = novelty(cldr([tag], known));
    return regions.map((locale) => {
      const all = cldr([locale], known)
        .flatMap(({ emoji, keywords }) => keywords.map((query) => ({ query, expect: [bare(emoji)] })))
        .filter(isNovel);
      const step = Math.max(1, all.length / MOST);
      const queries = all.filter((_, i) => Math.floor(i / step) !== Math.floor((i - 1) / step));
      const results = queries.map(({ query }) =>
        search.search(query, { locale: tag, limit: DEPTH }).map(({ emoji }) => emoji),
      );
      return { locale, queries, results };
    });
  });
}

import { emoticonKey } from './emoji.ts';
import { fillNear, fillRelated } from './fill.ts';
import { Lookup } from './lookup.ts';
import { BEGUN, WHOLE } from './match.ts';
import { PAGE, Page, sorted } from './page.ts';
import type { ScorePool } from './pool.ts';
import { type Languages, Query } from './query.ts';
import type { Scores } from './score.ts';
import { respaced } from './split.ts';
import type { RelatedWords } from './meaning.ts';
import type { Table } from './table.ts';

/** What a query is put to. */
export interface Corpus {
  readonly table: Table;
  /** Stickers near to each sticker; null: a page is not filled with them. */
  readonly related: RelatedWords | null;
  readonly pool: ScorePool;
}

/**
 * Ranks stickers for a query. Pure: the same query always gives the same list.
 *
 * First what has every word, the last of them perhaps cut short: typing on gives a part of it. Where nothing has all
 * words as they stand, guesses stand in for them (other forms, other spacing, edits). A list that is shorter than
 * a page is filled with what is near.
 *
 * @param allowed - the stickers that may be in the list; null: all
 */
export function rank(
  { table, related, pool }: Corpus,
  languages: Languages,
  text: string,
  allowed: ReadonlySet<number> | null,
): Page {
  pool.release();
  const query = new Query(table, pool, languages, text);
  const page = new Page(query, allowed);
  const emoticon = table.emoticons.get(emoticonKey(text));
  if (emoticon !== undefined) page.add(emoticon);
  else addEvery(table, page, strictly(table, query));
  page.strict = page.stickers.length;
  if (emoticon === undefined && page.strict < PAGE) {
    const lookup = new Lookup(query);
    if (page.strict === 0) guess(table, lookup, page);
    if (page.stickers.length < PAGE) fillNear(table, lookup, page);
  }
  if (related !== null && page.stickers.length < PAGE) fillRelated(related, page);
  return page;
}

/** Adds what has every token, best first; whether there is any. */
function addEvery(table: Table, page: Page, scores: Scores | null): boolean {
  const found = scores?.every() ?? [];
  if (scores === null || found.length === 0) return false;
  for (const sticker of sorted(table, scores, found)) page.add(sticker, scores.where(sticker));
  return true;
}

/** What has every word, the last perhaps cut short; null where nothing has those before it. */
function strictly(table: Table, query: Query): Scores | null {
  const { languages, words, earlier } = query;
  if (query.size === 0) return null;
  const last = words.length - 1;
  let only: Uint8Array | null = null;
  if (languages.others.length > 0 && last > 0) {
    const before = query.look(earlier, () => WHOLE, true).every();
    if (before.length === 0) return null;
    only = new Uint8Array(table.stickers.length);
    for (const sticker of before) only[sticker] = 1;
  }
  return query.look(words, (i) => (i === last ? BEGUN : WHOLE), true, only);
}

/** Adds what has every word in some way, by the surest way that finds any. */
function guess(table: Table, lookup: Lookup, page: Page): void {
  const { query } = lookup;
  if (query.size === 0) return;
  const words = query.content;
  const last = words.length - 1;
  const add = (scores: Scores): boolean => addEvery(table, page, scores);
  if (words.length < query.words.length && add(query.look(words, (i) => (i === last ? BEGUN : WHOLE), true)))
    return;
  if (add(lookup.begun())) return;
  for (const other of respaced(words, query)) {
    if (add(query.look(other, (i) => (i === other.length - 1 ? BEGUN : WHOLE), false))) return;
  }
  add(lookup.forgiving());
}

import { emoticonKey } from './emoji.ts';
import { fillNear, fillRelated } from './fill.ts';
import { isPlain } from './fold.ts';
import { Lookup } from './lookup.ts';
import { BEGUN, WHOLE } from './match.ts';
import type { RelatedWords } from './meaning.ts';
import { PAGE, type RankedList } from './page.ts';
import type { Pool } from './pool.ts';
import { type Languages, Query } from './query.ts';
import type { Scores } from './score.ts';
import { respaced } from './split.ts';
import type { Table } from './table.ts';

/** The data that a query searches. */
export interface Corpus {
  readonly table: Table;
  /** Stickers near to each sticker; null: a page is not filled with them. */
  readonly related: RelatedWords | null;
  readonly pool: Pool;
}

/**
 * Ranks stickers for a query. Pure: the same query always gives the same list.
 *
 * First come the stickers that have every word, the last one perhaps as a prefix: typing on gives a subset of
 * them. If none has all words as typed, guesses are used (other forms, other spacing, edits). A list that is
 * shorter than a page is filled with near matches.
 *
 * @param allowed - the stickers that may be in the list; null: all
 */
export function rank(
  { table, related, pool }: Corpus,
  languages: Languages,
  text: string,
  allowed: ReadonlySet<number> | null,
): RankedList {
  pool.release();
  const { page } = pool;
  page.begin(allowed);
  const emoticon = isPlain(text) ? undefined : table.emoticons.get(emoticonKey(text));
  if (emoticon === undefined) lookUp(new Query(table, pool, languages, text), pool);
  else {
    page.add(emoticon);
    page.strict = page.count;
  }
  if (related !== null && page.count < PAGE) fillRelated(related, page);
  return page.ranked();
}

/** Adds the results of a query to the page. */
function lookUp(query: Query, pool: Pool): void {
  const { page } = pool;
  addEvery(pool, strictly(query, pool));
  page.strict = page.count;
  if (page.strict >= PAGE) return;
  const lookup = new Lookup(query);
  if (page.strict === 0) guess(lookup, pool);
  if (page.count < PAGE) fillNear(lookup, pool.order, page);
}

/** Adds the stickers that have every token, best first. Returns whether there are any. */
function addEvery({ order, page }: Pool, scores: Scores | null): boolean {
  if (scores === null) return false;
  const { stickers, count } = order.takeEvery(scores);
  for (let i = 0; i < count; i++) page.add(stickers[i] as number, scores.where(stickers[i] as number));
  return count > 0;
}

/**
 * The scores of the stickers that have every word, the last one perhaps as a prefix; null if none has the
 * earlier words.
 */
function strictly(query: Query, { order }: Pool): Scores | null {
  const { languages, words, earlier } = query;
  if (query.size === 0) return null;
  const last = words.length - 1;
  let only: Uint8Array | null = null;
  if (languages.others.length > 0 && last > 0) {
    const count = query.look(earlier, () => WHOLE, true).every(order.stickers);
    if (count === 0) return null;
    only = new Uint8Array(order.stickers.length);
    for (let i = 0; i < count; i++) only[order.stickers[i] as number] = 1;
  }
  return query.look(words, (i) => (i === last ? BEGUN : WHOLE), true, only);
}

/** Adds the stickers that have every word in some form, by the most certain rule that finds any. */
function guess(lookup: Lookup, pool: Pool): void {
  const { query } = lookup;
  if (query.size === 0) return;
  const words = query.content;
  const last = words.length - 1;
  const add = (scores: Scores): boolean => addEvery(pool, scores);
  if (words.length < query.words.length && add(query.look(words, (i) => (i === last ? BEGUN : WHOLE), true)))
    return;
  if (add(lookup.begun())) return;
  for (const other of respaced(words, query)) {
    if (add(query.look(other, (i) => (i === other.length - 1 ? BEGUN : WHOLE), false))) return;
  }
  add(lookup.forgiving());
}

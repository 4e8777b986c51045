import type { Lookup } from './lookup.ts';
import { BEGUN } from './match.ts';
import { PAGE, type Page, sorted } from './page.ts';
import type { Query } from './query.ts';
import type { Scores } from './score.ts';
import type { RelatedWords } from './meaning.ts';
import type { Table } from './table.ts';
import { characters } from './tokens.ts';

const HEAD = 1.25; // weight of the last word, which in English is most often the thing itself
// Tuned on the tuning half of the everyday queries.
const SMOOTH = 10; // added to every rank before lists are put together (reciprocal rank fusion)
const MEANT = 0.3; // weight of the stickers nearest to a word in meaning, beside those that have some of the words
const SEEDS = 5; // first stickers of a list of which related ones fill the rest

/** Fills a page with what is near: what has some of the words, the rarer ones first, and what the others mean. */
export function fillNear(table: Table, lookup: Lookup, page: Page): void {
  const { query } = lookup;
  const values = new Map<number, number>(); // sticker → sum of reciprocal ranks
  const rankIn = (stickers: Iterable<number>, weight: number): void => {
    let rank = SMOOTH;
    for (const sticker of stickers) {
      values.set(sticker, (values.get(sticker) ?? 0) + weight / ++rank);
    }
  };
  const scores = partial(lookup);
  rankIn(ranked(table, query, scores), 1);
  for (const nearest of query.meanings()) rankIn(nearest, MEANT);
  const best = [...values].toSorted(([a, x], [b, y]) => y - x || a - b);
  page.fill(
    best.map(([sticker]) => sticker),
    scores,
  );
}

/** What has some of the words; where none of a run without spaces is found, its single characters. */
function partial(lookup: Lookup): Scores {
  const { query } = lookup;
  const scores = query.languages.others.length > 0 ? lookup.begun() : lookup.forgiving();
  const unknown = scores.unknown();
  if (query.words.some(({ gram }, i) => gram && unknown[i] === true)) {
    const apart = characters(query.content, unknown);
    if (apart.length > 0) return query.look(apart, () => BEGUN, query.languages.others.length > 0);
  }
  return scores.some().length > 0 ? scores : lookup.forgiving();
}

function ranked(table: Table, query: Query, scores: Scores): number[] {
  const head = scores.tokens.length - query.pictures.length - 1;
  const english = query.languages.first[0]?.tag === 'en';
  const weights = scores.rarity().map((rarity, i) => (english && i === head ? HEAD * rarity : rarity));
  return sorted(table, scores, scores.some(), weights);
}

/** Fills a page with stickers that are near to its first ones in meaning. */
export function fillRelated(related: RelatedWords, page: Page): void {
  const values = new Map<number, number>();
  page.stickers.slice(0, SEEDS).forEach((seed, i) => {
    related.of(seed).forEach((sticker, rank) => {
      values.set(sticker, (values.get(sticker) ?? 0) + 1 / ((SMOOTH + i) * (SMOOTH + rank)));
    });
  });
  for (const [sticker] of [...values].toSorted(([a, x], [b, y]) => y - x || a - b)) {
    if (page.stickers.length >= PAGE) return;
    page.add(sticker);
  }
}

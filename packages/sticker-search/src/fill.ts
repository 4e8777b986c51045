import type { Lookup } from './lookup.ts';
import { BEGUN } from './match.ts';
import type { RelatedWords } from './meaning.ts';
import type { Order } from './order.ts';
import type { Page } from './page.ts';
import type { Query } from './query.ts';
import type { Scores } from './score.ts';
import { characters } from './tokens.ts';

const HEAD = 1.25; // weight of the last word, which in English is usually the main noun
// Tuned on the tuning half of the everyday queries of test/eval.
const SMOOTH = 10; // added to every rank before lists are merged (reciprocal rank fusion)
const MEANT = 0.3; // weight of the stickers nearest in meaning, relative to those that have some of the words
const SEEDS = 5; // how many of the first stickers choose the related ones that fill the list

/**
 * Fills a page with near matches: stickers that have some of the words, rare words first, and stickers that
 * are near in meaning to the other words.
 */
export function fillNear(lookup: Lookup, order: Order, page: Page): void {
  const { query } = lookup;
  const scores = partial(lookup);
  const { stickers, count } = order.takeSome(scores, weightsOf(query, scores));
  for (let rank = 0; rank < count; rank++) page.credit(stickers[rank] as number, 1 / (SMOOTH + rank + 1));
  for (const nearest of query.meanings()) {
    for (let rank = 0; rank < nearest.length; rank++) {
      page.credit(nearest[rank] as number, MEANT / (SMOOTH + rank + 1));
    }
  }
  page.fill(scores);
}

/**
 * The scores of stickers that have some of the words. If a run without spaces is not found, its single
 * characters are looked up.
 */
function partial(lookup: Lookup): Scores {
  const { query } = lookup;
  const scores = query.languages.others.length > 0 ? lookup.begun() : lookup.forgiving();
  const unknown = scores.unknown();
  if (query.words.some(({ gram }, i) => gram && unknown[i] === true)) {
    const apart = characters(query.content, unknown);
    if (apart.length > 0) return query.look(apart, () => BEGUN, query.languages.others.length > 0);
  }
  return scores.isEmpty ? lookup.forgiving() : scores;
}

/** The weight of each token: a word that few stickers have weighs more. */
function weightsOf(query: Query, scores: Scores): number[] {
  const head = scores.tokens.length - query.pictures.length - 1;
  const english = query.languages.first[0]?.tag === 'en';
  return scores.rarity().map((rarity, i) => (english && i === head ? HEAD * rarity : rarity));
}

/** Fills a page with stickers that are near to its first ones in meaning. */
export function fillRelated(related: RelatedWords, page: Page): void {
  const seeds = Math.min(SEEDS, page.count);
  for (let seed = 0; seed < seeds; seed++) {
    related.of(page.stickers[seed] as number, (sticker, rank) => {
      page.credit(sticker, 1 / ((SMOOTH + seed) * (SMOOTH + rank)));
    });
  }
  page.fill(null);
}

import type { Query } from './query.ts';
import { NO_PHRASE, type Scores } from './score.ts';
import type { Table } from './table.ts';

/** Stickers that a list has at least, as far as there are any. */
export const PAGE = 24;

const FINE = 1 << 20; // steps of a value
const STICKERS = 1 << 24; // more than a catalogue has

/** The list that a query gives, best first, as it grows. */
export class Page {
  readonly stickers: number[] = [];
  /** How many of the first have every word of the query as it stands, the last one perhaps cut short. */
  strict = 0;
  readonly #where: number[] = []; // the phrase of each, as `Scores.where`
  readonly #taken = new Set<number>();
  readonly #query: Query;
  readonly #allowed: ReadonlySet<number> | null;

  /** @param allowed - the stickers that may be in the list; null: all */
  constructor(query: Query, allowed: ReadonlySet<number> | null) {
    this.#query = query;
    this.#allowed = allowed;
  }

  /** Adds a sticker, if it is allowed and not there yet. */
  add(sticker: number, where = NO_PHRASE): void {
    if (this.#taken.has(sticker) || this.#allowed?.has(sticker) === false) return;
    this.#taken.add(sticker);
    this.stickers.push(sticker);
    this.#where.push(where);
  }

  /** Adds stickers in the order given, with the phrases by which `scores` found them, up to a page. */
  fill(stickers: readonly number[], scores: Scores): void {
    for (const sticker of stickers) {
      if (this.stickers.length >= PAGE) return;
      this.add(sticker, scores.where(sticker));
    }
  }

  /** The phrase by which the sticker at a place was found, as its source writes it; null: by none. */
  matched(place: number): string | null {
    const where = this.#where[place] ?? NO_PHRASE;
    if (where === NO_PHRASE) return null;
    return this.#query.language(where >>> 24)?.phrase(where & 0xff_ffff) ?? null;
  }
}

/** Best first; of two alike the one that the catalogue has first. */
export function sorted(
  table: Table,
  scores: Scores,
  found: readonly number[],
  weights: readonly number[] = scores.tokens.map(({ weight }) => weight),
): number[] {
  const keys = new Float64Array(found.length); // value, then number, in one: numbers sort faster than pairs
  found.forEach((s, i) => {
    keys[i] = Math.round(-scores.of(s, table.stickers[s]?.common ?? 0, weights) * FINE) * STICKERS + s;
  });
  keys.sort();
  return Array.from(keys, (key) => key - Math.floor(key / STICKERS) * STICKERS);
}

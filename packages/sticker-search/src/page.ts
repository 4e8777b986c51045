import { NO_PHRASE, type Scores } from './score.ts';

/** The length that a list is filled to, if there are enough stickers. */
export const PAGE = 24;

/** The result of a query. The next query does not change it. */
export interface RankedList {
  /** Best first. */
  readonly stickers: Uint32Array;
  /** How many of the first have every word of the query as typed, the last one perhaps as a prefix. */
  readonly strict: number;
  /** The phrase by which each was found, as `Scores.where`. */
  readonly where: Uint32Array;
}

/** The list of a query's results, best first, while it is built. The next query reuses the memory. */
export class Page {
  /** The first `count` are in the list. */
  readonly stickers: Uint32Array;
  count = 0;
  strict = 0;
  readonly #where: Uint32Array;
  readonly #taken: Uint8Array;
  #allowed: ReadonlySet<number> | null = null;
  readonly #values: Float64Array; // sticker → sum of its credits
  readonly #credited: Uint32Array; // the stickers that have a value, `#candidates` of them
  #candidates = 0;
  readonly #best = new Uint32Array(PAGE);

  constructor(stickers: number) {
    this.stickers = new Uint32Array(stickers);
    this.#where = new Uint32Array(stickers);
    this.#taken = new Uint8Array(stickers);
    this.#values = new Float64Array(stickers);
    this.#credited = new Uint32Array(stickers);
  }

  /**
   * Begins an empty list.
   *
   * @param allowed - the stickers that may be in it; null: all
   */
  begin(allowed: ReadonlySet<number> | null): void {
    for (let at = 0; at < this.count; at++) this.#taken[this.stickers[at] as number] = 0;
    this.count = this.strict = 0;
    this.#allowed = allowed;
    this.#forgetCredit();
  }

  #mayAdd(sticker: number): boolean {
    return this.#taken[sticker] === 0 && (this.#allowed === null || this.#allowed.has(sticker));
  }

  /** Adds a sticker, if it is allowed and not there yet. */
  add(sticker: number, where = NO_PHRASE): void {
    if (!this.#mayAdd(sticker)) return;
    this.#taken[sticker] = 1;
    this.#where[this.count] = where;
    this.stickers[this.count++] = sticker;
  }

  /** Adds to the value by which `fill` sorts. */
  credit(sticker: number, value: number): void {
    if (this.#values[sticker] === 0) this.#credited[this.#candidates++] = sticker;
    this.#values[sticker] = (this.#values[sticker] as number) + value;
  }

  /**
   * Adds the stickers with credits, the highest value first, until the page is full. `scores`: those that
   * found them.
   */
  fill(scores: Scores | null): void {
    const room = PAGE - this.count;
    let found = 0;
    for (let at = 0; at < this.#candidates; at++) {
      const sticker = this.#credited[at] as number;
      if (!this.#mayAdd(sticker)) continue;
      if (found === room && !this.#isBefore(sticker, this.#best[room - 1] as number)) continue;
      let place = found < room ? found++ : room - 1;
      for (; place > 0 && this.#isBefore(sticker, this.#best[place - 1] as number); place--) {
        this.#best[place] = this.#best[place - 1] as number;
      }
      this.#best[place] = sticker;
    }
    for (let at = 0; at < found; at++) {
      const sticker = this.#best[at] as number;
      this.add(sticker, scores?.where(sticker));
    }
    this.#forgetCredit();
  }

  /**
   * Whether a sticker has a higher value than another, or an equal value and an earlier place in the
   * catalogue.
   */
  #isBefore(one: number, other: number): boolean {
    const [a, b] = [this.#values[one] as number, this.#values[other] as number];
    return a > b || (a === b && one < other);
  }

  #forgetCredit(): void {
    for (let at = 0; at < this.#candidates; at++) this.#values[this.#credited[at] as number] = 0;
    this.#candidates = 0;
  }

  /** A copy of the list. */
  ranked(): RankedList {
    const { count, strict } = this;
    return { stickers: this.stickers.slice(0, count), strict, where: this.#where.slice(0, count) };
  }
}

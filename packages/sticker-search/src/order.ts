import type { Scores } from './score.ts';

const FINE = 1 << 20; // steps of a value
const STICKERS = 1 << 24; // more than a catalogue has
const FEW = 24; // numbers that are sorted faster by insertion than by a call

/** Stickers in the order of their scores. The next look-up reuses the memory. */
export class Order {
  /** The first `count` are in order. */
  readonly stickers: Uint32Array;
  count = 0;
  readonly #keys: Float64Array; // value, then number, in one: numbers sort faster than pairs

  constructor(stickers: number) {
    this.stickers = new Uint32Array(stickers);
    this.#keys = new Float64Array(stickers);
  }

  /** Takes the stickers that have every token, best first; equal ones in the order of the catalogue. */
  takeEvery(scores: Scores): this {
    this.count = scores.every(this.stickers);
    this.#sort(
      scores,
      scores.tokens.map(({ weight }) => weight),
    );
    return this;
  }

  /** Takes the stickers that have any token, best first, with weights of the tokens. */
  takeSome(scores: Scores, weights: readonly number[]): this {
    this.count = scores.some(this.stickers);
    this.#sort(scores, weights);
    return this;
  }

  #sort(scores: Scores, weights: readonly number[]): void {
    const { stickers, count } = this;
    const keys = this.#keys;
    for (let i = 0; i < count; i++) {
      const sticker = stickers[i] as number;
      keys[i] = Math.round(-scores.of(sticker, weights) * FINE) * STICKERS + sticker;
    }
    if (count > FEW) keys.subarray(0, count).sort();
    else insert(keys, count);
    for (let i = 0; i < count; i++) {
      const key = keys[i] as number;
      stickers[i] = key - Math.floor(key / STICKERS) * STICKERS;
    }
  }
}

/** Sorts few numbers by insertion. */
function insert(keys: Float64Array, count: number): void {
  for (let i = 1; i < count; i++) {
    const key = keys[i] as number;
    let at = i;
    for (; at > 0 && (keys[at - 1] as number) > key; at--) keys[at] = keys[at - 1] as number;
    keys[at] = key;
  }
}

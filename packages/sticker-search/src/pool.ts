import { Gathering } from './gather.ts';
import { Scores } from './score.ts';
import type { Token } from './tokens.ts';

/** Scores whose memory every query uses again; they are valid until the query is answered. */
export class ScorePool {
  readonly #made: Scores[] = [];
  readonly #gathering = new Gathering();
  readonly #stickers: number;
  #used = 0;

  constructor(stickers: number) {
    this.#stickers = stickers;
  }

  /** Takes all scores back. */
  release(): void {
    this.#used = 0;
  }

  /** Empty scores for a look-up. */
  take(tokens: readonly Token[], only: Uint8Array | null): Scores {
    const scores = (this.#made[this.#used] ??= new Scores(this.#stickers, this.#gathering));
    this.#used++;
    scores.reset(tokens, only);
    return scores;
  }
}

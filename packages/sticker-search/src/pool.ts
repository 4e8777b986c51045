import { Gathering } from './gather.ts';
import { Order } from './order.ts';
import { Page } from './page.ts';
import { Scores } from './score.ts';
import type { Table } from './table.ts';
import type { Token } from './tokens.ts';

/** Working memory of queries. Every query reuses it, so its contents are valid until the next query. */
export class Pool {
  readonly page: Page;
  readonly order: Order;
  readonly #scores: Scores[] = [];
  readonly #gathering = new Gathering();
  readonly #common: Uint8Array; // sticker → how common it is
  #used = 0;

  constructor({ stickers }: Table) {
    this.page = new Page(stickers.length);
    this.order = new Order(stickers.length);
    this.#common = Uint8Array.from(stickers, ({ common }) => common);
  }

  /** Returns all scores to the pool. */
  release(): void {
    this.#used = 0;
  }

  /** Empty scores for a look-up. */
  take(tokens: readonly Token[], only: Uint8Array | null): Scores {
    const scores = (this.#scores[this.#used] ??= new Scores(this.#common, this.#gathering));
    this.#used++;
    scores.reset(tokens, only);
    return scores;
  }
}

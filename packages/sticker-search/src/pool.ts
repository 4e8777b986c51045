import { Gathering } from './gather.ts';
import { Order } from './order.ts';
import { Page } from './page.ts';
import { Scores } from './score.ts';
import type { Table } from './table.ts';
import type { Token } from './tokens.ts';

/** Working memory of queries: every query uses it again, and what it holds is valid until the next one. */
export class Pool {
  readonly page: Page;
  readonly order: Order;
  readonly #scores: Scores[] = [];
  readonly #gathering = new Gathering();
  readonly #common: Uint8Array; // sticker → how often people mean it
  #used = 0;

  constructor({ stickers }: Table) {
    this.page = new Page(stickers.length);
    this.order = new Order(stickers.length);
    this.#common = Uint8Array.from(stickers, ({ common }) => common);
  }

  /** Takes all scores back. */
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

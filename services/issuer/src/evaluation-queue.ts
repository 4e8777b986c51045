import type { System } from './ports.ts';
import { Refusal } from './refusal.ts';

interface Ticket {
  seen: number; // UnixSeconds of its request's last poll
  readonly came: number; // evaluations that had ended when it entered
  own: number; // evaluations of its own since then
}

const STALE_SECONDS = 10; // longer than any evaluation
const POLL_MS = 4; // half of what a batch of 30 takes
/** The check of the elements and the first signature: between them a request waits for its quota. */
const UNPAUSED = 2;

/**
 * Admits a bounded number of requests and evaluates for one of them at a time. Other work runs between two evaluations,
 * so that a flood of large batches does not starve redemption or health.
 *
 * A request that is alone does not pause: other work ran while its body arrived, and while it waited for its quota.
 * A request that is not alone polls, less often the further back it is.
 *
 * Waiters poll, because in workerd one request cannot wake another. The ticket of a cancelled request becomes stale.
 */
export class EvaluationQueue {
  readonly #capacity: number;
  readonly #system: Pick<System, 'now' | 'pause'>;
  #inside: Ticket[] = [];
  #line: Ticket[] = [];
  #ended = 0; // evaluations
  /** Whether other work has had no turn since the last evaluation. */
  #mustYield = false;

  /** @param capacity - requests that may be inside at once */
  constructor(capacity: number, system: Pick<System, 'now' | 'pause'>) {
    this.#capacity = capacity;
    this.#system = system;
  }

  /** @throws {Refusal} `unavailable` when it is full */
  async enter<T>(
    work: (evaluate: <R>(evaluation: () => R | Promise<R>) => Promise<R>) => Promise<T>,
  ): Promise<T> {
    const now = this.#system.now();
    this.#inside = this.#inside.filter(({ seen }) => seen > now - STALE_SECONDS);
    if (this.#inside.length >= this.#capacity) {
      throw new Refusal('unavailable', 'queue', { retryAfter: '2' });
    }
    const ticket = { seen: now, came: this.#ended, own: 0 };
    this.#inside.push(ticket);
    try {
      return await work((evaluation) => this.#evaluate(ticket, evaluation));
    } finally {
      this.#inside = this.#inside.filter((other) => other !== ticket);
      this.#line = this.#line.filter((other) => other !== ticket);
    }
  }

  async #evaluate<R>(ticket: Ticket, evaluation: () => R | Promise<R>): Promise<R> {
    const isAlone = this.#line.length === 0 && this.#ended === ticket.came + ticket.own;
    this.#line.push(ticket);
    if (!isAlone || ticket.own >= UNPAUSED) while (!(await this.#isTurn(ticket)));
    try {
      return await evaluation();
    } finally {
      this.#mustYield = true;
      this.#ended++;
      ticket.own++;
      this.#line = this.#line.filter((other) => other !== ticket);
    }
  }

  async #isTurn(ticket: Ticket): Promise<boolean> {
    await this.#system.pause(POLL_MS * Math.max(0, this.#line.indexOf(ticket)));
    const now = this.#system.now();
    ticket.seen = now;
    while ((this.#line[0]?.seen ?? now) < now - STALE_SECONDS) this.#line.shift();
    // Others treated this ticket as stale: the clock jumped, or the process was suspended.
    for (const list of [this.#inside, this.#line]) if (!list.includes(ticket)) list.push(ticket);
    if (this.#line[0] !== ticket) return false;
    const hasYielded = !this.#mustYield;
    this.#mustYield = false;
    return hasYielded;
  }
}

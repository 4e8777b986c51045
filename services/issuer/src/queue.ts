import type { System } from './ports.ts';
import { Refusal } from './refusal.ts';

interface Ticket {
  seen: number; // UnixSeconds of its owner's last look
  readonly came: number; // evaluations that had ended when it came
  own: number; // of those since, how many were its own
}

const STALE = 10; // seconds, longer than any evaluation
const STEP = 4; // milliseconds, half of what a batch of 30 takes
/** A look at the elements, and the first signature: between the two a request waits for its quota. */
const UNPAUSED = 2;

/**
 * Lets a bounded number of requests in, and evaluates for one at a time. Between two evaluations
 * everything else has its turn, so a flood of large batches does not starve redemption or health.
 *
 * A request that meets no other does not pause: everything else had its turn while it came, and while
 * it waited for its quota. Where it meets others, it looks again the later the more stand before it.
 *
 * Whoever waits looks for himself and is not called: in workerd a request cannot wake another. A
 * ticket whose owner was cancelled goes stale.
 */
export class Queue {
  readonly #capacity: number;
  readonly #system: Pick<System, 'now' | 'pause'>;
  #inside: Ticket[] = [];
  #line: Ticket[] = [];
  #ended = 0; // evaluations
  /** Whether nothing else had its turn since the last evaluation. */
  #tired = false;

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
    this.#inside = this.#inside.filter(({ seen }) => seen > now - STALE);
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
    const alone = this.#line.length === 0 && this.#ended === ticket.came + ticket.own;
    this.#line.push(ticket);
    if (!alone || ticket.own >= UNPAUSED) while (!(await this.#isTurn(ticket)));
    try {
      return await evaluation();
    } finally {
      this.#tired = true;
      this.#ended++;
      ticket.own++;
      this.#line = this.#line.filter((other) => other !== ticket);
    }
  }

  async #isTurn(ticket: Ticket): Promise<boolean> {
    await this.#system.pause(STEP * Math.max(0, this.#line.indexOf(ticket)));
    const now = this.#system.now();
    ticket.seen = now;
    while ((this.#line[0]?.seen ?? now) < now - STALE) this.#line.shift();
    // Others held it for gone: the clock jumped, or the process stood still.
    for (const list of [this.#inside, this.#line]) if (!list.includes(ticket)) list.push(ticket);
    if (this.#line[0] !== ticket) return false;
    const rested = !this.#tired;
    this.#tired = false;
    return rested;
  }
}

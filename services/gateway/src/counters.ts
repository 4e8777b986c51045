/** Counts are told in steps of this many: a smaller number, or a smaller difference, is about somebody. */
const STEP = 50;

/** Counts of outcomes, by the closed names of our own problems; in this isolate's memory alone. */
export class Counters {
  readonly #counts = new Map<string, number>();

  add(outcome: string): void {
    this.#counts.set(outcome, (this.#counts.get(outcome) ?? 0) + 1);
  }

  /** One line a counter, rounded down to a multiple of 50, without those that are 0 then. */
  text(): string {
    return [...this.#counts]
      .filter(([, count]) => count >= STEP)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([outcome, count]) => `sotto_gateway_outcomes{code="${outcome}"} ${count - (count % STEP)}\n`)
      .join('');
  }
}

/** Bytes of requests in flight, bounded, so that many large ones do not exhaust an isolate (128 MB). */
export class Budget {
  readonly #limit: number;
  #used = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** One request's share, which grows as its bytes come and is given back whole. */
  share(): Share {
    let held = 0;
    return {
      take: (bytes) => {
        if (this.#used + bytes > this.#limit) return false;
        this.#used += bytes;
        held += bytes;
        return true;
      },
      release: () => {
        this.#used -= held;
        held = 0;
      },
    };
  }
}

export interface Share {
  /** Whether there was room. */
  take(bytes: number): boolean;
  release(): void;
}

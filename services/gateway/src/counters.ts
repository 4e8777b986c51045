/** A count below this many is not told: small numbers are about somebody. */
const LEAST = 50;

/** Counts of outcomes, by the closed names of our own problems; in this isolate's memory alone. */
export class Counters {
  readonly #counts = new Map<string, number>();

  add(outcome: string): void {
    this.#counts.set(outcome, (this.#counts.get(outcome) ?? 0) + 1);
  }

  /** One line a counter, rounded down to a multiple of 50, so that two readings do not show one request. */
  text(): string {
    return [...this.#counts]
      .filter(([, count]) => count >= LEAST)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([outcome, count]) => `sotto_gateway_outcomes{code="${outcome}"} ${count - (count % LEAST)}\n`)
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

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

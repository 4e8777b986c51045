/** The requests that a service has at once, bounded: a slow service takes no capacity from the others. */
export class Bulkhead {
  readonly #limit: number;
  #used = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Takes a place. Returns what gives it back, once; null when all are taken. */
  enter(): (() => void) | null {
    if (this.#used >= this.#limit) return null;
    this.#used++;
    let isHeld = true;
    return () => {
      if (isHeld) this.#used--;
      isHeld = false;
    };
  }
}

/**
 * Limits the requests that a service has at once, so that a slow service takes no capacity from the others.
 */
export class Bulkhead {
  readonly #limit: number;
  #used = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Takes a place. Returns a function that releases it; null when no place is free. */
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

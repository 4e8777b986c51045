/**
 * Lets requests through, or holds them while a version is replaced, like a platform that deploys without an
 * outage.
 */
export class Gate {
  #held: Promise<void> | null = null;
  readonly #inFlight = new Set<Promise<unknown>>();

  async pass<T>(work: () => Promise<T>): Promise<T> {
    while (this.#held !== null) await this.#held;
    const running = work();
    this.#inFlight.add(running);
    try {
      return await running;
    } finally {
      this.#inFlight.delete(running);
    }
  }

  /** Waits for the requests in flight, does the work, and then lets the held ones through. */
  async replace(work: () => Promise<void>): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#held = promise;
    try {
      await Promise.allSettled(this.#inFlight);
      await work();
    } finally {
      this.#held = null;
      resolve();
    }
  }
}

const AVOID_MS = 5000; // after a failure, before one call tries again

/** Chooses among equivalent peers in turn. Peers that failed lately come last. */
export class Turns<Peer> {
  readonly #peers: readonly Peer[];
  readonly #elapsedMs: () => number;
  readonly #avoidedUntil = new Map<Peer, number>();
  #turn = 0;

  constructor(peers: readonly Peer[], elapsedMs: () => number) {
    this.#peers = peers;
    this.#elapsedMs = elapsedMs;
  }

  /** @param tried - peers that are chosen only when no other is left */
  next(tried: ReadonlySet<Peer>): Peer {
    const first = this.#turn++ % this.#peers.length;
    const inTurn = [...this.#peers.slice(first), ...this.#peers.slice(0, first)];
    const now = this.#elapsedMs();
    const untried = inTurn.filter((peer) => !tried.has(peer));
    const good = untried.find((peer) => now >= (this.#avoidedUntil.get(peer) ?? 0));
    const chosen = good ?? untried[0] ?? inTurn[0];
    if (chosen === undefined) throw new RangeError('no peers');
    // A peer that failed gets one call, and more once that one has succeeded.
    if (this.#avoidedUntil.has(chosen)) this.#avoidedUntil.set(chosen, now + AVOID_MS);
    return chosen;
  }

  report(peer: Peer, isGood: boolean): void {
    if (isGood) this.#avoidedUntil.delete(peer);
    else this.#avoidedUntil.set(peer, this.#elapsedMs() + AVOID_MS);
  }
}

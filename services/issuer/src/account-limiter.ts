import { hex, type Bytes, type UnixSeconds } from '@sotto/wire';
import { Refusal } from './refusal.ts';

/** Requests of one account in progress. Its devices may refill at the same time. */
const MAX_IN_FLIGHT = 4;
const STALE_SECONDS = 60; // longer than any request
/** A full bucket, and its refill per second: a client needs some ten requests in an epoch. */
const BURST = 120;
const REFILL = 1;
const MAX_ACCOUNTS = 16_384; // in memory; the one that was idle longest is dropped first

interface Usage {
  readonly inFlight: Set<{ readonly since: UnixSeconds }>;
  tokens: number;
  refilledAt: UnixSeconds;
}

/**
 * Limits what one account may do in this isolate or process: requests in progress, and requests over time. Its further
 * requests are refused before their body is read, so that one account cannot fill the queue or use up a key's ceiling.
 */
export class AccountLimiter {
  readonly #now: () => UnixSeconds;
  readonly #accounts = new Map<string, Usage>();

  constructor(now: () => UnixSeconds) {
    this.#now = now;
  }

  /**
   * Admits one request. Returns a function that ends it.
   *
   * @throws {Refusal} `unavailable`; not 429, which tells clients that the quota of the epoch is used up
   */
  enter(account: Bytes): () => void {
    const now = this.#now();
    const usage = this.#usageOf(hex(account), now);
    // A cancelled request on Workers never ends: its entry becomes stale. So does one from before a clock was set.
    for (const request of usage.inFlight) {
      if (Math.abs(now - request.since) >= STALE_SECONDS) usage.inFlight.delete(request);
    }
    const elapsed = Math.max(0, now - usage.refilledAt);
    usage.tokens = Math.min(BURST, usage.tokens + elapsed * REFILL);
    usage.refilledAt = now;
    if (usage.inFlight.size >= MAX_IN_FLIGHT)
      throw new Refusal('unavailable', 'account', { retryAfter: '2' });
    if (usage.tokens < 1) throw new Refusal('unavailable', 'account', { retryAfter: '60' });
    usage.tokens -= 1;
    const request = { since: now };
    usage.inFlight.add(request);
    return () => void usage.inFlight.delete(request);
  }

  #usageOf(key: string, now: UnixSeconds): Usage {
    const usage = this.#accounts.get(key) ?? { inFlight: new Set(), tokens: BURST, refilledAt: now };
    this.#accounts.delete(key); // the map is ordered by last use
    this.#accounts.set(key, usage);
    if (this.#accounts.size > MAX_ACCOUNTS) {
      const [idlest] = this.#accounts.keys();
      if (idlest !== undefined) this.#accounts.delete(idlest);
    }
    return usage;
  }
}

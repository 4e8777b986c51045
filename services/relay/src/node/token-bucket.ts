export interface BucketOptions {
  /** Requests at once. */
  readonly burst: number;
  readonly perSecond: number;
  /** The most addresses that are remembered. The one that was unseen longest is forgotten first. */
  readonly maxKeys: number;
}

/**
 * One token bucket per address, in bounded memory. An address is forgotten as soon as its bucket would be
 * full again, because a full bucket has the same effect as none.
 *
 * @param now - milliseconds; while it runs backwards, no bucket changes
 */
export function tokenBuckets({ burst, perSecond, maxKeys }: BucketOptions, now: () => number) {
  const buckets = new Map<string, { tokens: number; at: number }>(); // oldest first

  const gained = (from: number, to: number): number => (Math.max(0, to - from) / 1000) * perSecond;
  const forgetFull = (time: number): void => {
    for (const [key, { tokens, at }] of buckets) {
      if (tokens + gained(at, time) < burst) break;
      buckets.delete(key);
    }
  };
  return {
    /** Takes one token. Returns whether there was one. */
    take(key: string): boolean {
      const time = now();
      const { tokens, at } = buckets.get(key) ?? { tokens: burst, at: time };
      const have = Math.min(burst, tokens + gained(at, time));
      buckets.delete(key);
      buckets.set(key, { tokens: have >= 1 ? have - 1 : have, at: time });
      forgetFull(time);
      const oldest = buckets.keys().next();
      if (buckets.size > maxKeys && !oldest.done) buckets.delete(oldest.value);
      return have >= 1;
    },
    get size(): number {
      return buckets.size;
    },
  };
}

/** Channels that reveal something by design: the relay sees the pieces of a stream, in both directions. */
export const PIECES: ReadonlySet<string> = new Set([
  'stream.response.pieces',
  'stream.response.times',
  'stream.request.pieces',
  'stream.request.times',
]);

/** The observations of one channel over all requests. */
export interface Channel {
  readonly channel: string;
  /** Shannon entropy of the observations: the bits that one observation reveals about the request. */
  readonly bits: number;
  readonly distinct: number;
  readonly samples: number;
}

/** Counts how often each value was seen on each channel. */
export class Channels {
  readonly #seen = new Map<string, Map<string, number>>();

  add(channel: string, value: string | number): void {
    const counts = this.#seen.get(channel) ?? new Map<string, number>();
    counts.set(`${value}`, (counts.get(`${value}`) ?? 0) + 1);
    this.#seen.set(channel, counts);
  }

  samples(channel: string): number {
    return [...(this.#seen.get(channel)?.values() ?? [])].reduce((sum, n) => sum + n, 0);
  }

  report(): Channel[] {
    return Array.from(this.#seen, ([channel, counts]) => {
      const samples = this.samples(channel);
      const bits = [...counts.values()].reduce((sum, n) => sum - (n / samples) * Math.log2(n / samples), 0);
      return { channel, bits: Number(Math.abs(bits).toFixed(4)), distinct: counts.size, samples };
    });
  }
}

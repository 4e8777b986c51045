/** The most tokens of a query. Each phrase has one bit for each, and a row of this many qualities. */
export const MAX_TOKENS = 16;

/**
 * The matches of a query in one language's phrases. The memory is allocated once, and cleared phrase by
 * phrase.
 */
export class Gathering {
  /** Phrase * MAX_TOKENS + token → quality of the best match, 0 to 1. */
  quality = new Float32Array(0);
  /** The phrases that match a token, `count` of them, in no order. */
  phrases = new Uint32Array(0);
  count = 0;
  #seen = new Uint8Array(0);

  /** Makes room for a language of this many phrases. */
  prepare(phrases: number): void {
    if (phrases <= this.#seen.length) return;
    this.quality = new Float32Array(phrases * MAX_TOKENS);
    this.phrases = new Uint32Array(phrases);
    this.#seen = new Uint8Array(phrases);
  }

  /** Records that phrases match a token. */
  hit(token: number, list: Uint32Array, count: number, quality: number): void {
    const { phrases } = this;
    const seen = this.#seen;
    for (let at = 0; at < count; at++) {
      const phrase = list[at] as number;
      if (seen[phrase] === 0) {
        seen[phrase] = 1;
        phrases[this.count++] = phrase;
      }
      const place = phrase * MAX_TOKENS + token;
      if (quality > (this.quality[place] as number)) this.quality[place] = quality;
    }
  }

  /** Clears a phrase, so that the memory can serve the next look-up. */
  clear(phrase: number, tokens: number): void {
    const first = phrase * MAX_TOKENS;
    for (let i = 0; i < tokens; i++) this.quality[first + i] = 0;
    this.#seen[phrase] = 0;
  }
}

/**
 * The first character of a term in a block encodes how many UTF-16 units it shares with the previous term:
 * `String.fromCharCode(32 + n)`.
 */
export const SHARED = 32;
const NEW_LINE = 10;

/** The length in UTF-16 units of the longest common prefix of two texts. It never splits a surrogate pair. */
export function commonPrefix(a: string, b: string): number {
  let n = 0;
  while (n < a.length && n < b.length && a.charCodeAt(n) === b.charCodeAt(n)) n++;
  const isHalf = n > 0 && (a.charCodeAt(n - 1) & 0xfc00) === 0xd800; // the first half of a surrogate pair whose second half differs
  return isHalf ? n - 1 : n;
}

/** Iterates over the terms of a front-coded block as bytes, and compares each with a text. */
export class Cursor {
  /** The length in UTF-16 units of the common prefix of the term and the text. */
  common = 0;
  /** The length of the term in UTF-16 units if it starts with the whole text; else -1. */
  length = 0;
  readonly #bytes: Uint8Array;
  #at = 0;
  #end = 0;
  #text = '';

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /**
   * Starts at the first term of a block.
   *
   * @param from - offset of the other terms, which end at `to`
   */
  begin(head: string, from: number, to: number, text: string): void {
    this.#text = text;
    this.#at = from;
    this.#end = to;
    this.common = commonPrefix(head, text);
    this.length = this.common === text.length ? head.length : -1;
  }

  /** Moves to the next term; false after the last one. */
  next(): boolean {
    const bytes = this.#bytes;
    const end = this.#end;
    let at = this.#at;
    if (at >= end) return false;
    const text = this.#text;
    const whole = text.length;
    let length = (bytes[at++] as number) - SHARED;
    let common = Math.min(this.common, length); // a term that shares less with the previous one differs from the text there
    let isSame = length === this.common && common < whole;
    for (; at < end && (isSame || common === whole); at++) {
      let code = bytes[at] as number;
      if (code === NEW_LINE) break;
      if (code >= 0x80) {
        const more = code >= 0xf0 ? 3 : code >= 0xe0 ? 2 : 1;
        code &= 0x3f >> more;
        for (let i = 0; i < more; i++) code = (code << 6) | ((bytes[++at] as number) & 0x3f);
      }
      const units = code > 0xffff ? 2 : 1;
      length += units;
      isSame &&= text.codePointAt(common) === code;
      if (isSame) common += units;
      isSame &&= common < whole;
    }
    while (at < end && bytes[at] !== NEW_LINE) at++;
    this.#at = at + 1;
    this.length = common === whole ? length : -1;
    this.common = common;
    return true;
  }
}

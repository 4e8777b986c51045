/** The first letter of a term in a block says how much it shares with the term before: `String.fromCharCode(32 + n)`. */
export const SHARED = 32;
const NEW_LINE = 10;

/** How many UTF-16 units two texts begin with alike, of whole characters. */
export function commonPrefix(a: string, b: string): number {
  let n = 0;
  while (n < a.length && n < b.length && a.charCodeAt(n) === b.charCodeAt(n)) n++;
  const isHalf = n > 0 && (a.charCodeAt(n - 1) & 0xfc00) === 0xd800; // of a pair of surrogates that goes on otherwise
  return isHalf ? n - 1 : n;
}

/** Goes through the terms of a front-coded block as bytes, and compares each with a text. */
export class Cursor {
  /** How many UTF-16 units the term begins with that the text begins with too. */
  common = 0;
  /** UTF-16 units of the term, where it begins with the whole text; -1 otherwise. */
  length = 0;
  readonly #bytes: Uint8Array;
  #at = 0;
  #end = 0;
  #text = '';

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /**
   * Begins with the first term of a block.
   *
   * @param from - offset of the others, and of their end
   */
  begin(head: string, from: number, to: number, text: string): void {
    this.#text = text;
    this.#at = from;
    this.#end = to;
    this.common = commonPrefix(head, text);
    this.length = this.common === text.length ? head.length : -1;
  }

  /** Goes on to the next term; false after the last one. */
  next(): boolean {
    const bytes = this.#bytes;
    const end = this.#end;
    let at = this.#at;
    if (at >= end) return false;
    const text = this.#text;
    const whole = text.length;
    let length = (bytes[at++] as number) - SHARED;
    let common = Math.min(this.common, length); // a term that shares less with the one before differs at once
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

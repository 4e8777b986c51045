import { MULTIPLES, WINDOW } from './digits.ts';

const LONGEST_SKIP = 32 - WINDOW; // bits, of the 32 that are looked at

/** Where the tables of a sum begin, which follow one another, and the size of their entries. */
export interface Tables {
  readonly first: number; // more than 0
  readonly size: number;
}

/** What a sum of multiples adds in each place. */
export interface SumDigits {
  /** How many entries of tables. */
  readonly counts: Uint16Array;
  /**
   * Where in the tables they are, negative if they are subtracted. Those of a place come first in its part, in which each
   * scalar has room for one.
   */
  readonly entries: Int32Array;
}

/**
 * The digits that `signedDigits` gives for public scalars, without those that are zero, so that a sum need not pass over
 * them. The sums of pages use `signedDigits`, which is a shorter download.
 *
 * @param scalars - words of 32 bits, least significant first
 * @param length - in digits: the bits of the scalars, and a carry
 */
export function sumDigits(scalars: readonly Uint32Array[], length: number, tables: Tables): SumDigits {
  const digits = {
    counts: new Uint16Array(length),
    entries: new Int32Array(length * scalars.length),
  };
  const padded = new Uint32Array((length >> 5) + 2);
  for (let i = 0; i < scalars.length; i++) {
    padded.fill(0).set(scalars[i] as Uint32Array);
    place(padded, tables.first + i * MULTIPLES * tables.size, tables.size, digits, scalars.length);
  }
  return digits;
}

/** Without array patterns: a new isolate runs this before it is optimized, and they are slow then. */
function place(
  words: Uint32Array,
  table: number,
  size: number,
  { counts, entries }: SumDigits,
  room: number,
): void {
  let carry = 0;
  for (let at = 0; at < counts.length;) {
    const low = (words[at >> 5] as number) >>> (at & 31);
    const bits = low | (((words[(at >> 5) + 1] as number) << 1) << (31 - (at & 31)));
    const rest = bits ^ -carry; // the next digit is where its lowest one is
    const skip = rest === 0 ? 32 : 31 - Math.clz32(rest & -rest);
    if (skip > LONGEST_SKIP) {
      at += LONGEST_SKIP;
      continue;
    }
    at += skip;
    const window = ((bits >>> skip) & 31) + carry;
    carry = window >> (WINDOW - 1);
    const count = counts[at] as number;
    counts[at] = count + 1;
    entries[at * room + count] =
      carry === 0 ? table + (window >> 1) * size : -table - ((32 - window) >> 1) * size;
    at += WINDOW;
  }
}

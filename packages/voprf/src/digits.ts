export const WINDOW = 5; // bits
export const MULTIPLES = 1 << (WINDOW - 2); // of a point in its table: P, 3P, … 15P

/**
 * The width-5 NAF of a public scalar, least significant digit first: each digit is odd and in -15..15, or zero, and of
 * any five in a row at most one is not zero. A table for it holds P, 3P, … 15P.
 */
export function signedDigits(scalar: bigint, length: number): Int8Array {
  const words = wordsOf(scalar, length);
  const digits = new Int8Array(length);
  let carry = 0;
  for (let at = 0; at < length;) {
    const [word, shift] = [at >>> 5, at & 31];
    const bits = ((words[word] ?? 0) >>> shift) | (((words[word + 1] ?? 0) << 1) << (31 - shift));
    const window = (bits & 31) + carry;
    if ((window & 1) === 0) {
      at++; // the carry is kept
      continue;
    }
    carry = window >> (WINDOW - 1);
    digits[at] = window - (carry << WINDOW);
    at += WINDOW;
  }
  return digits;
}

function wordsOf(scalar: bigint, length: number): Uint32Array {
  const words = new Uint32Array(Math.ceil(length / 32));
  let left = scalar;
  for (let i = 0; i < words.length; i++) {
    words[i] = Number(BigInt.asUintN(32, left));
    left >>= 32n;
  }
  return words;
}

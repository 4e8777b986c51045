export const WINDOW = 5; // bits

/**
 * The width-5 NAF of a public scalar, least significant digit first: each digit is odd and in -15..15, or zero, and of
 * any five in a row at most one is not zero. A table for it holds P, 3P, … 15P.
 */
export function signedDigits(scalar: bigint, length: number): Int8Array {
  const bits = Uint8Array.from(scalar.toString(2).padStart(length + WINDOW, '0'), Number).toReversed();
  const digits = new Int8Array(length);
  for (let at = 0; at < length; at++) {
    if (bits[at] !== 1) continue;
    let digit = 0;
    for (let i = 0; i < WINDOW; i++) {
      digit += (bits[at + i] ?? 0) << i;
      bits[at + i] = 0;
    }
    if (digit >= 1 << (WINDOW - 1)) {
      digit -= 1 << WINDOW;
      let carry = at + WINDOW;
      while (bits[carry] === 1) bits[carry++] = 0;
      bits[carry] = 1;
    }
    digits[at] = digit;
  }
  return digits;
}

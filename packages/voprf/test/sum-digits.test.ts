import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { sumDigits } from '../src/sum-digits.ts';
import { MULTIPLES } from '../src/digits.ts';

const LENGTH = 257;
const FIRST = 1000;
const SIZE = 160;
const edges = [0n, 1n, 15n, 16n, 17n, 31n, 32n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 64n - 16n, 2n ** 255n - 1n];
const far = Array.from({ length: 64 }, (_, k) => 1n + (31n << BigInt(k + 5))); // zeros between two digits
const scalar = fc.oneof(fc.constantFrom(...edges, ...far), fc.bigInt({ min: 0n, max: 2n ** 255n - 1n }));

function wordsOf(value: bigint): Uint32Array {
  const length = Math.ceil(value.toString(2).length / 32);
  return Uint32Array.from({ length }, (_, i) => Number(BigInt.asUintN(32, value >> BigInt(32 * i))));
}

/** The digits of each scalar with their places, in order. */
function digitsOf(values: readonly bigint[]): (readonly [place: number, digit: number])[][] {
  const words = values.map(wordsOf); // of several lengths
  const { counts, entries } = sumDigits(words, LENGTH, { first: FIRST, size: SIZE });
  const digits: (readonly [number, number])[][] = values.map(() => []);
  for (const [place, count] of counts.entries()) {
    for (const entry of entries.subarray(place * values.length).subarray(0, count)) {
      const number = (Math.abs(entry) - FIRST) / SIZE;
      const odd = 2 * (number % MULTIPLES) + 1; // P, 3P, … 15P
      digits[Math.floor(number / MULTIPLES)]?.push([place, Math.sign(entry) * odd]);
    }
  }
  return digits;
}

test('sumDigits: odd digits of at most 15 in magnitude, at least five places apart, that make up their scalars', () => {
  fc.assert(
    fc.property(fc.array(scalar, { maxLength: 5 }), (values) => {
      for (const [i, digits] of digitsOf(values).entries()) {
        let sum = 0n;
        let last = -5; // the place of the previous digit
        for (const [place, digit] of digits) {
          sum += BigInt(digit) << BigInt(place);
          expect(Math.abs(digit) % 2).toBe(1);
          expect(Math.abs(digit)).toBeLessThanOrEqual(15);
          expect(place - last).toBeGreaterThanOrEqual(5);
          last = place;
        }
        expect(sum).toBe(values[i]);
      }
    }),
    { numRuns: 300 },
  );
});

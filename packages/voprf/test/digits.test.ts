import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { signedDigits } from '../src/digits.ts';

const LENGTH = 257;
const edges = [0n, 1n, 15n, 16n, 17n, 31n, 32n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 64n - 16n, 2n ** 255n - 1n];

test('signedDigits: odd digits of at most 15 in magnitude, at least five places apart, that make up the scalar', () => {
  const scalar = fc.oneof(fc.constantFrom(...edges), fc.bigInt({ min: 0n, max: 2n ** 255n - 1n }));
  fc.assert(
    fc.property(scalar, (value) => {
      const digits = signedDigits(value, LENGTH);
      let sum = 0n;
      let last = -5; // the place of the previous digit
      for (const [place, digit] of digits.entries()) {
        sum += BigInt(digit) << BigInt(place);
        if (digit === 0) continue;
        expect(Math.abs(digit) % 2).toBe(1);
        expect(Math.abs(digit)).toBeLessThanOrEqual(15);
        expect(place - last).toBeGreaterThanOrEqual(5);
        last = place;
      }
      expect(sum).toBe(value);
    }),
    { numRuns: 200 },
  );
});

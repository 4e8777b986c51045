import { p384 } from '@noble/curves/nist.js';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeP384 } from '../src/p384-decode.ts';

const { Point } = p384;

/** The encoding that noble accepts, or null. */
function noble(bytes: Uint8Array): string | null {
  if (bytes.length !== 49) return null; // noble also takes uncompressed points
  try {
    return Point.fromBytes(bytes).toHex(true);
  } catch {
    return null;
  }
}

test('decodeP384: accepts the encodings that noble accepts, and gives the same points', () => {
  const x = fc.oneof(
    fc.bigInt({ min: 0n, max: 200n }),
    fc.bigInt({ min: Point.Fp.ORDER - 200n, max: Point.Fp.ORDER + 200n }),
    fc.bigInt({ min: 0n, max: 2n ** 384n - 1n }),
  );
  const prefix = fc.oneof(fc.constantFrom(2, 3), fc.nat(255));
  let accepted = 0;
  fc.assert(
    fc.property(prefix, x, (first, value) => {
      const bytes = Uint8Array.from([first, ...Buffer.from(value.toString(16).padStart(96, '0'), 'hex')]);
      const point = decodeP384(bytes);
      expect(point?.toHex(true) ?? null).toBe(noble(bytes));
      if (point === null) return;
      accepted++;
      point.assertValidity();
      for (const other of [bytes.subarray(1), bytes.subarray(0, 48), Uint8Array.of(...bytes, 0)]) {
        expect(decodeP384(other)).toBeNull();
      }
    }),
    { numRuns: 300 },
  );
  expect(accepted).toBeGreaterThan(50);
});

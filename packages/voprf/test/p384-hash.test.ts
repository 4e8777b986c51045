import { p384_hasher } from '@noble/curves/nist.js';
import { utf8 } from '@sotto/wire';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import rfc9380 from '../../../specs/vectors/rfc9380-p384.json' with { type: 'json' };
import { hashToP384 } from '../src/p384-hash.ts';

const bytes = (minLength: number) => fc.uint8Array({ minLength, maxLength: 120 });

test('hashing to P-384 agrees with noble for any message and tag', () => {
  fc.assert(
    fc.property(bytes(0), bytes(1), (message, DST) => {
      expect(hashToP384(message, DST).toHex()).toBe(p384_hasher.hashToCurve(message, { DST }).toHex());
    }),
  );
});

test.each(rfc9380.tests)('RFC 9380 J.3.1 the point of "$msg"', ({ msg, x, y }) => {
  const point = hashToP384(utf8(msg), utf8(rfc9380.dst)).toHex(false);
  expect(point).toBe(`04${x}${y}`);
});

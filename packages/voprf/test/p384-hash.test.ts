import { p384_hasher } from '@noble/curves/nist.js';
import { utf8 } from '@sotto/wire';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { hashToP384 } from '../src/p384-hash.ts';

const bytes = (minLength: number) => fc.uint8Array({ minLength, maxLength: 120 });

test("hashing to P-384 is noble's, whatever the message and the tag", () => {
  fc.assert(
    fc.property(bytes(0), bytes(1), (message, DST) => {
      expect(hashToP384(message, DST).toHex()).toBe(p384_hasher.hashToCurve(message, { DST }).toHex());
    }),
  );
});

test.each([
  ['', 'eb9fe1b4f4e14e7140803c1d99d0a93cd823d2b024040f9c067a8eca1f5a2eeac9ad604973527a356f3fa3aeff0e4d83'],
  ['abc', 'e02fc1a5f44a7519419dd314e29863f30df55a514da2d655775a81d413003c4d4e7fd59af0826dfaad4200ac6f60abe1'],
])('RFC 9380 J.3.1 the point of "%s"', (message, x) => {
  const dst = utf8('QUUX-V01-CS02-with-P384_XMD:SHA-384_SSWU_RO_');
  expect(hashToP384(utf8(message), dst).toHex().slice(2)).toBe(x);
});

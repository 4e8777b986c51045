import { mulAddUnsafe } from '@noble/curves/abstract/curve.js';
import { expand_message_xmd } from '@noble/curves/abstract/hash-to-curve.js';
import { ristretto255, ristretto255_hasher } from '@noble/curves/ed25519.js';
import { sha512 } from '@noble/hashes/sha2.js';
import { fromHex, hex, type Bytes } from '@sotto/wire';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { scalarToBytes } from '../src/scalar.ts';
import { loadSodium } from '../src/sodium-node.ts';
import { Operations, type SodiumPoint } from '../src/sodium-operations.ts';

const { Point } = ristretto255;
const n = Point.Fn.ORDER;
const { raw } = await loadSodium();
const sodium = new Operations(raw);

const bytesOf = (scalar: bigint): Bytes => scalarToBytes({ Ns: 32, littleEndian: true }, scalar);
const decoded = (point: typeof Point.BASE): SodiumPoint =>
  sodium.decode(fromHex(point.toHex())) as SodiumPoint;
const IDENTITY = '00'.repeat(32);
const encoded = (point: SodiumPoint | null): string => (point === null ? IDENTITY : hex(point.bytes));

const edges = [0n, 1n, 2n, 15n, 16n, 17n, 31n, n / 2n, n - 17n, n - 16n, n - 2n, n - 1n, 2n ** 252n - 1n];
const scalar = fc.oneof(fc.constantFrom(...edges), fc.bigInt({ min: 0n, max: n - 1n }));
const hashed = fc
  .uint8Array({ minLength: 4, maxLength: 4 })
  .map((seed) => ristretto255_hasher.hashToCurve(Uint8Array.from(seed)));
const point = fc.oneof(hashed, fc.constantFrom(Point.BASE, Point.BASE.negate(), Point.BASE.double()));

test('sumPublic agrees with noble for any scalars and elements, also equal ones', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(scalar, point), { minLength: 0, maxLength: 5 }), (terms) => {
      const scalars = terms.map(([k]) => k);
      const points = terms.map(([, P]) => P);
      const expected = terms.length === 0 ? IDENTITY : mulAddUnsafe(Point, points, scalars).toHex();
      expect(encoded(sodium.sumPublic(scalars.map(bytesOf), points.map(decoded)))).toBe(expected);
    }),
    { numRuns: 60 },
  );
});

test('sumPublic of opposite terms, and of zero times an element, is the identity', () => {
  const P = ristretto255_hasher.hashToCurve(Uint8Array.of(1));
  const sum = (scalars: bigint[], points: (typeof P)[]) =>
    sodium.sumPublic(scalars.map(bytesOf), points.map(decoded));
  expect(sum([5n, n - 5n], [P, P])).toBeNull();
  expect(sum([7n, 7n], [P, P.negate()])).toBeNull();
  expect(sum([0n], [P])).toBeNull();
});

test.each([127, 128, 129, 257, 300])(
  'sumPublic of %i elements, which is more or fewer than fit in memory',
  (count) => {
    const P = decoded(Point.BASE);
    const scalars = Array.from({ length: count }, (_, i) => BigInt(i + 1) ** 30n % n);
    const sum = scalars.reduce((total, one) => total + one) % n;
    const elements = scalars.map(() => P);
    expect(encoded(sodium.sumPublic(scalars.map(bytesOf), elements))).toBe(Point.BASE.multiply(sum).toHex());
  },
);

test('multiply and multiplyBase agree with noble, and a product with zero is null', () => {
  fc.assert(
    fc.property(scalar, point, (k, P) => {
      const [product, base] =
        k === 0n ? [IDENTITY, IDENTITY] : [P.multiply(k).toHex(), Point.BASE.multiply(k).toHex()];
      expect(encoded(sodium.multiply(bytesOf(k), decoded(P)))).toBe(product);
      expect(encoded(sodium.multiplyBase(bytesOf(k)))).toBe(base);
    }),
    { numRuns: 60 },
  );
});

test.each([0, 1, 64, 98, 127, 128, 840, 850, 851, 852, 853, 860, 1024, 1025, 3000])(
  'hash and expand agree with noble for a message of %i bytes and tags of any length',
  (length) => {
    const message = Uint8Array.from({ length }, (_, i) => 7 * i + 1);
    expect(sodium.hash(message)).toEqual(sha512(message));
    for (const tag of [1, 40, 43, 44, 254, 255, 256, 300]) {
      const dst = Uint8Array.from({ length: tag }, (_, i) => 251 - i);
      expect(sodium.expand(message, dst)).toEqual(expand_message_xmd(message, dst, 64, sha512));
      expect(Buffer.from(raw.memory.buffer, 0x2_0000, 0x1000).equals(Buffer.alloc(0x1000))).toBe(true); // nothing left
    }
  },
);

test('decode agrees with noble on encodings that are zero but for one word, and on zero', () => {
  const isElement = (bytes: Bytes): boolean => {
    try {
      return !Point.fromBytes(bytes).is0();
    } catch {
      return false;
    }
  };
  for (let word = 0; word < 8; word++) {
    const found = Array.from({ length: 64 }, (_, i) => {
      const bytes = new Uint8Array(32);
      bytes[4 * word] = 2 * i;
      expect(sodium.decode(bytes) !== null).toBe(isElement(bytes));
      return isElement(bytes);
    });
    expect(found[0]).toBe(false);
    expect(found).toContain(true);
  }
});

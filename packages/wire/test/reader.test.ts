import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  concat,
  fromHex,
  hex,
  Reader,
  uint,
  varint,
  varintLength,
  vector,
  WireError,
  type Bytes,
} from '@sotto/wire';

const withCode = (code: string) => expect.objectContaining({ name: 'WireError', code });
const WIDTHS = [1, 2, 4, 8] as const;

/** n as a varint of `width` bytes, which may be more than it needs (RFC 9000 §16). */
function varintOf(n: number, width: 1 | 2 | 4 | 8): Bytes {
  const bytes = uint(width, n);
  bytes[0] = (bytes[0] ?? 0) | (Math.log2(width) << 6);
  return bytes;
}

interface Struct {
  readonly a: number;
  readonly b: number;
  readonly body: Bytes;
}
const struct = fc.record({
  a: fc.nat(0xffff),
  b: fc.maxSafeNat(),
  body: fc.uint8Array({ maxLength: 40 }),
});
function encode({ a, b, body }: Struct): Bytes {
  return concat(uint(2, a), varint(b), vector(1, body));
}

function decode(bytes: Bytes): Struct {
  const r = new Reader(bytes);
  const value = { a: r.uint(2, 'a'), b: r.minimalVarint('b'), body: r.vector(1, 'body').rest() };
  r.end('Struct');
  return value;
}

/** Decodes and encodes again; bytes that do not decode are returned unchanged. */
function encodedAgain(bytes: Bytes): Bytes {
  try {
    return encode(decode(bytes));
  } catch (error) {
    if (error instanceof WireError) return bytes;
    throw error;
  }
}

describe('uint', () => {
  test.each(WIDTHS)('every number of %i bytes is read as it was written', (width) => {
    const max = Math.min(2 ** (8 * width) - 1, Number.MAX_SAFE_INTEGER);
    fc.assert(
      fc.property(
        fc.maxSafeNat().map((n) => n % (max + 1)),
        (n) => {
          const bytes = uint(width, n);
          expect(bytes).toHaveLength(width);
          expect(new Reader(bytes).uint(width, 'n')).toBe(n);
        },
      ),
    );
  });

  test.each([-1, 256, 0.5, Number.NaN, Infinity])('uint refuses to write %d as a uint8', (n) => {
    expect(() => uint(1, n)).toThrow(withCode('out-of-range'));
  });

  test('a uint64 above 2^53 - 1 is refused instead of rounded', () => {
    expect(new Reader(fromHex('001fffffffffffff')).uint(8, 'n')).toBe(Number.MAX_SAFE_INTEGER);
    expect(() => new Reader(fromHex('0020000000000000')).uint(8, 'n')).toThrow(withCode('out-of-range'));
    expect(() => uint(8, 2 ** 53)).toThrow(withCode('out-of-range'));
  });
});

describe('varint', () => {
  test.each([
    ['9d7f3e7d', 494_878_333],
    ['7bbd', 15_293],
    ['25', 37],
    ['4025', 37],
  ])('RFC 9000 appendix A.1: %s', (text, n) => {
    expect(new Reader(fromHex(text)).varint('n')).toBe(n);
  });

  test('every number below 2^53 round-trips, in its shortest form and in longer ones', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.maxSafeNat(), fc.nat(), fc.nat(2 ** 14), fc.nat(64)),
        fc.constantFrom(...WIDTHS),
        (n, wider) => {
          const width = Math.max(wider, varintLength(n)) as 1 | 2 | 4 | 8;
          expect(varint(n)).toHaveLength(varintLength(n));
          expect(new Reader(varint(n)).minimalVarint('n')).toBe(n);
          expect(new Reader(varintOf(n, width)).varint('n')).toBe(n);
        },
      ),
      { numRuns: 500 },
    );
  });

  test.each([0, 63, 64, 16_383, 16_384, 2 ** 30 - 1, 2 ** 30, 2 ** 32, 2 ** 53 - 1])(
    '%d round-trips at a boundary of the encoding',
    (n) => {
      expect(new Reader(varint(n)).minimalVarint('n')).toBe(n);
    },
  );

  test.each(['c2197c5eff14e88c', 'e000000000000000', 'ffffffffffffffff', 'c020000000000000'])(
    '%s is above 2^53 - 1 and is refused instead of rounded',
    (text) => {
      expect(() => new Reader(fromHex(text)).varint('n')).toThrow(withCode('out-of-range'));
    },
  );

  test.each([-1, 2 ** 53, 0.5])('varint refuses to write %d', (n) => {
    expect(() => varint(n)).toThrow(withCode('out-of-range'));
  });

  test.each(['4000', '403f', '80003fff', 'c00000003fffffff'])('minimalVarint refuses %s', (text) => {
    expect(() => new Reader(fromHex(text)).minimalVarint('n')).toThrow(withCode('not-minimal'));
    expect(new Reader(fromHex(text)).varint('n')).toBeGreaterThanOrEqual(0);
  });
});

describe('a struct with every kind of field', () => {
  test('round-trips', () => {
    fc.assert(
      fc.property(struct, (value) => {
        expect(decode(encode(value))).toEqual(value);
      }),
    );
  });

  test('every proper prefix is refused as truncated', () => {
    fc.assert(
      fc.property(struct, (value) => {
        const whole = encode(value);
        for (let cut = 0; cut < whole.length; cut++) {
          expect(() => decode(whole.subarray(0, cut))).toThrow(withCode('truncated'));
        }
      }),
    );
  });

  test('one extra byte is refused as trailing', () => {
    fc.assert(
      fc.property(struct, fc.nat(255), (value, extra) => {
        expect(() => decode(concat(encode(value), Uint8Array.of(extra)))).toThrow(withCode('trailing'));
      }),
    );
  });

  test('arbitrary bytes either round-trip or throw a WireError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (soup) => {
        expect(hex(encodedAgain(soup))).toBe(hex(soup));
      }),
      { numRuns: 300 },
    );
  });
});

describe('Reader', () => {
  test('an error names the field, the bytes needed, the bytes available and the offset', () => {
    const r = new Reader(fromHex('0102'));
    r.uint(1, 'kind');
    expect(() => r.uint(2, 'kem_id')).toThrow('kem_id: need 2 bytes, have 1 at offset 1');
  });

  test('a failed read consumes nothing', () => {
    const r = new Reader(fromHex('0102'));
    expect(() => r.opaque(3, 'body')).toThrow(withCode('truncated'));
    expect([r.offset, r.remaining]).toEqual([0, 2]);
  });

  test('the reader of a vector cannot read past its end', () => {
    const r = new Reader(fromHex('020102ff'));
    const inside = r.vector(1, 'list');
    inside.opaque(2, 'both');
    expect(() => inside.uint(1, 'beyond')).toThrow(withCode('truncated'));
    expect(r.remaining).toBe(1);
  });

  test('reads a view into a larger buffer without touching its surroundings', () => {
    const whole = fromHex('eeee0102eeee');
    const r = new Reader(whole.subarray(2, 4));
    expect(hex(r.rest())).toBe('0102');
    expect(() => r.uint(1, 'beyond')).toThrow(withCode('truncated'));
  });
});

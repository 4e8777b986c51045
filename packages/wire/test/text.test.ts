import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  base64,
  base64url,
  concat,
  EMPTY,
  equalBytes,
  fromBase64,
  fromBase64url,
  fromHex,
  fromUtf8,
  hex,
  utf8,
  WireError,
} from '@sotto/wire';

const bytes = fc.uint8Array({ maxLength: 70 });
const BAD = expect.objectContaining({ name: 'WireError', code: 'bad-text' });

/** Decodes and encodes again; null when the text does not decode. */
function textAgain(text: string): string | null {
  try {
    return base64url(fromBase64url(text));
  } catch (error) {
    if (error instanceof WireError) return null;
    throw error;
  }
}

test('hex and base64url round-trip and agree with Buffer, padded or not', () => {
  fc.assert(
    fc.property(bytes, (value) => {
      expect(fromHex(hex(value))).toEqual(value);
      expect(fromHex(hex(value).toUpperCase())).toEqual(value);
      expect(base64url(value)).toBe(Buffer.from(value).toString('base64url'));
      const text = base64url(value);
      expect(fromBase64url(text)).toEqual(value);
      expect(fromBase64url(text.padEnd(Math.ceil(text.length / 4) * 4, '='))).toEqual(value);
    }),
  );
});

test('base64 round-trips, agrees with Buffer, and has one padded text for a byte string', () => {
  fc.assert(
    fc.property(bytes, (value) => {
      const text = base64(value);
      expect(text).toBe(Buffer.from(value).toString('base64'));
      expect(fromBase64(text)).toEqual(value);
    }),
  );
});

test.each(['A', 'AA', 'AAA', 'AB==', 'AAB=', 'AA=A', '====', '-_-_', 'AAAA=', 'AA==AA==', 'AAA\n'])(
  'refuses %j as base64',
  (text) => {
    expect(() => fromBase64(text)).toThrow(BAD);
  },
);

test('a byte string has exactly one unpadded base64url text', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[A-Za-z0-9_-]{0,9}={0,2}$/), (text) => {
      const bare = text.replace(/=+$/, '');
      expect(textAgain(text) ?? bare).toBe(bare);
    }),
    { numRuns: 500 },
  );
});

test.each([
  'A',
  'AAAAA',
  'AB',
  'AAB',
  'A=',
  'AA=',
  'AAA==',
  '====',
  'AA==AA==',
  'AA+A',
  'AA/A',
  'AA A',
  'ÄA',
  'AA\n',
])('base64url refuses %j', (text) => {
  expect(() => fromBase64url(text)).toThrow(BAD);
});

test.each(['0', '0g', 'é0', '0x00', ' 00'])('hex refuses %j', (text) => {
  expect(() => fromHex(text)).toThrow(BAD);
});

test('utf8 round-trips, and fromUtf8 refuses bytes that are not UTF-8', () => {
  expect(fromUtf8(utf8('grüße 猫 🐈'))).toBe('grüße 猫 🐈');
  expect(fromUtf8(fromHex('efbbbf41'))).toBe('\uFEFFA');
  for (const bad of ['ff', 'c080', 'eda080', 'f5808080', 'e282']) {
    expect(() => fromUtf8(fromHex(bad))).toThrow(BAD);
  }
});

test('concat and equalBytes', () => {
  fc.assert(
    fc.property(bytes, bytes, (a, b) => {
      expect(hex(concat(a, b))).toBe(hex(a) + hex(b));
      expect(equalBytes(a, b)).toBe(hex(a) === hex(b));
      expect(equalBytes(a, a.slice())).toBe(true);
    }),
  );
  expect(concat()).toEqual(EMPTY);
  expect(equalBytes(fromHex('00ff'), fromHex('01ff'))).toBe(false);
  expect(equalBytes(fromHex('00ff'), fromHex('00fe'))).toBe(false);
});

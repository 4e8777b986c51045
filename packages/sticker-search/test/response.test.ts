import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { SearchError } from '@sotto/sticker-search';
import { decodeStickerPage, encodeStickerPage, imageBytes } from '@sotto/sticker-search/response';

const opaque = fc.uint8Array({ maxLength: 40 }).map((bytes) => Uint8Array.from(bytes));
const response = fc.record({ page: opaque, images: fc.array(opaque, { maxLength: 6 }) });
const code = (run: () => unknown): string | null => {
  try {
    run();
    return null;
  } catch (error) {
    if (!(error instanceof SearchError)) throw error;
    return error.code;
  }
};

/** Whether bytes decode and encode to themselves, or are refused with a code. */
function roundTrips(input: Uint8Array): boolean {
  try {
    const again = encodeStickerPage(decodeStickerPage(input));
    return Buffer.compare(again, input) === 0;
  } catch (error) {
    return error instanceof SearchError;
  }
}

test('response: decode inverts encode, and the length is what was computed', () => {
  fc.assert(
    fc.property(response, (value) => {
      const bytes = encodeStickerPage(value);
      expect(decodeStickerPage(bytes)).toEqual(value);
      expect(bytes.length).toBe(value.page.length + imageBytes(value.images));
    }),
  );
});

test('response: every proper prefix is refused as truncated', () => {
  fc.assert(
    fc.property(response, fc.nat(), (value, cut) => {
      const whole = encodeStickerPage(value);
      expect(code(() => decodeStickerPage(whole.subarray(0, cut % whole.length)))).toBe('truncated');
    }),
  );
});

test('response: one extra byte is refused as trailing', () => {
  fc.assert(
    fc.property(response, fc.nat({ max: 255 }), (value, extra) => {
      expect(code(() => decodeStickerPage(Uint8Array.of(...encodeStickerPage(value), extra)))).toBe(
        'trailing',
      );
    }),
  );
});

test('response: arbitrary bytes round-trip or are refused with a code', () => {
  fc.assert(
    fc.property(
      response,
      fc.uint8Array({ maxLength: 90 }),
      fc.nat(),
      fc.nat({ max: 255 }),
      (value, soup, at, byte) => {
        const flipped = encodeStickerPage(value);
        flipped[at % flipped.length] = byte;
        for (const input of [Uint8Array.from(soup), flipped]) expect(roundTrips(input)).toBe(true);
      },
    ),
  );
});

test.each([
  ['a page that is longer than the response', [0xff, 0xff, 0xff, 0xff, 1]],
  ['255 missing images', [0, 0, 0, 0, 0xff]],
  ['an image that is longer than the response', [0, 0, 0, 0, 1, 0xff, 0xff, 0]],
  ['nothing', []],
])('N10 response: %s is refused, and no memory is taken for what it promises', (_, bytes) => {
  expect(code(() => decodeStickerPage(Uint8Array.from(bytes)))).toBe('truncated');
});

test('response: reads bytes that begin inside a larger buffer, and refuses to encode what does not fit', () => {
  const value = { page: Uint8Array.of(1, 2), images: [Uint8Array.of(3)] };
  const inside = Uint8Array.of(9, 9, 9, ...encodeStickerPage(value)).subarray(3);
  expect(decodeStickerPage(inside)).toEqual(value);
  const images = Array.from({ length: 256 }, () => new Uint8Array());
  expect(() => encodeStickerPage({ page: value.page, images })).toThrow(RangeError);
  expect(() => encodeStickerPage({ page: value.page, images: [new Uint8Array(65_536)] })).toThrow(RangeError);
});

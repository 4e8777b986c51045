import { equalBytes, ProtocolError, type Bytes } from '@sotto/wire';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';

export const bytes = (length: number) =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((b) => Uint8Array.from(b));

/** Whether the codec returned the input unchanged or refused it with a ProtocolError. */
function decodedOrRefused(roundTrip: () => Bytes, input: Bytes): boolean {
  try {
    return equalBytes(roundTrip(), input);
  } catch (error) {
    return error instanceof ProtocolError;
  }
}

/** The four laws of a codec in which no proper prefix and no extension of a value is a value. */
export function laws<T>(
  name: string,
  arbitrary: fc.Arbitrary<T>,
  encode: (value: T) => Bytes,
  decode: (bytes: Bytes, value: T) => unknown,
): void {
  test(`${name}: decode inverts encode`, () => {
    fc.assert(
      fc.property(arbitrary, (value) => {
        expect(decode(encode(value), value)).toEqual(value);
      }),
    );
  });

  test(`${name}: every proper prefix is refused as truncated`, () => {
    fc.assert(
      fc.property(arbitrary, fc.nat(), (value, cut) => {
        const whole = encode(value);
        const prefix = whole.subarray(0, cut % whole.length);
        expect(() => decode(prefix, value)).toThrow(expect.objectContaining({ code: 'truncated' }));
      }),
    );
  });

  test(`${name}: one extra byte is refused as trailing`, () => {
    fc.assert(
      fc.property(arbitrary, fc.nat({ max: 255 }), (value, extra) => {
        const longer = Uint8Array.of(...encode(value), extra);
        expect(() => decode(longer, value)).toThrow(expect.objectContaining({ code: 'trailing' }));
      }),
    );
  });

  test(`${name}: arbitrary bytes round-trip or throw a ProtocolError`, () => {
    fc.assert(
      fc.property(
        arbitrary,
        fc.uint8Array({ maxLength: 160 }),
        fc.nat(),
        fc.nat({ max: 255 }),
        (value, soup, at, bit) => {
          const flipped = encode(value);
          flipped[at % flipped.length] = bit;
          for (const input of [Uint8Array.from(soup), flipped]) {
            expect(decodedOrRefused(() => encode(decode(input, value) as T), input)).toBe(true);
          }
        },
      ),
    );
  });
}

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  BhttpError,
  decodeRequest,
  decodeResponse,
  encodeRequest,
  encodeResponse,
  type BhttpRequest,
  type BhttpResponse,
  type Field,
} from '@sotto/bhttp';
import { concat, EMPTY, type Bytes } from '@sotto/wire';

const name = fc.stringMatching(/^[a-z0-9!#$%&'*+.^_`|~-]{1,12}$/);
const value = fc
  .array(fc.integer({ min: 0x21, max: 0xff }), { maxLength: 20 })
  .map((bytes) => String.fromCharCode(...bytes));
const field: fc.Arbitrary<Field> = fc.tuple(name, value);
const fields = fc.array(field, { maxLength: 4 });
const content = fc.uint8Array({ maxLength: 90 });
const visible = fc.stringMatching(/^[!-~]{0,70}$/);

const request: fc.Arbitrary<BhttpRequest> = fc.record({
  method: fc.stringMatching(/^[A-Z-]{1,9}$/),
  scheme: fc.constantFrom('https', 'http', ''),
  authority: visible,
  path: visible,
  fields,
  content,
  trailers: fields,
});
const response: fc.Arbitrary<BhttpResponse> = fc.record({
  informational: fc.array(fc.record({ status: fc.integer({ min: 100, max: 199 }), fields }), {
    maxLength: 2,
  }),
  status: fc.integer({ min: 200, max: 599 }),
  fields,
  content,
  trailers: fields,
});

type Message = BhttpRequest | BhttpResponse;
const options = fc.record({
  framing: fc.constantFrom('known-length' as const, 'indeterminate-length' as const),
});

const kinds = [
  {
    kind: 'request',
    message: request as fc.Arbitrary<Message>,
    encode: encodeRequest as (message: Message, o?: object) => Bytes,
    decode: decodeRequest as (bytes: Bytes) => Message,
  },
  {
    kind: 'response',
    message: response as fc.Arbitrary<Message>,
    encode: encodeResponse as (message: Message, o?: object) => Bytes,
    decode: decodeResponse as (bytes: Bytes) => Message,
  },
];

/** The decoded message, or the code of the BhttpError; other errors propagate. */
function outcome(decode: (bytes: Bytes) => Message, bytes: Bytes): Message | string {
  try {
    return decode(bytes);
  } catch (error) {
    if (error instanceof BhttpError) return error.code;
    throw error;
  }
}

describe.each(kinds)('the four laws of a $kind', ({ message, encode, decode }) => {
  test('messages round-trip, padded or not', () => {
    fc.assert(
      fc.property(message, options, fc.nat(200), (m, o, padding) => {
        const wire = encode(m, o);
        expect(decode(wire)).toEqual(m);
        const padded = encode(m, { ...o, length: wire.length + padding });
        expect(padded).toHaveLength(wire.length + padding);
        expect(decode(padded)).toEqual(m);
      }),
    );
  });

  test('every proper prefix is refused as truncated, or decodes to the message without its empty end', () => {
    fc.assert(
      fc.property(message, options, (m, o) => {
        const whole = encode(m, o);
        const withoutTrailers = { ...m, trailers: [] };
        const withoutContent = { ...withoutTrailers, content: EMPTY };
        const allowed = ['truncated', withoutTrailers, withoutContent, { ...withoutContent, fields: [] }];
        for (let cut = 0; cut < whole.length; cut++) {
          expect(allowed).toContainEqual(outcome(decode, whole.subarray(0, cut)));
        }
      }),
      { numRuns: 40 },
    );
  });

  test('an extra zero is padding, any other extra byte is refused', () => {
    fc.assert(
      fc.property(message, options, fc.integer({ min: 1, max: 255 }), (m, o, extra) => {
        const whole = encode(m, o);
        expect(decode(concat(whole, Uint8Array.of(0)))).toEqual(m);
        expect(outcome(decode, concat(whole, Uint8Array.of(extra)))).toBe('bad-padding');
      }),
    );
  });

  test('arbitrary bytes decode to a message that encodes again, or throw a BhttpError', () => {
    const soup = fc.oneof(
      fc.uint8Array({ maxLength: 128 }),
      fc.tuple(message, options, fc.nat(), fc.nat(255)).map(([m, o, at, byte]) => {
        const bytes = encode(m, o);
        bytes[at % bytes.length] = byte;
        return bytes;
      }),
    );
    fc.assert(
      fc.property(soup, (bytes) => {
        const m = outcome(decode, bytes);
        expect(typeof m === 'string' ? m : decode(encode(m))).toEqual(m);
      }),
      { numRuns: 300 },
    );
  });
});

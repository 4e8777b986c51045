import { describe, expect, test } from 'vitest';
import {
  decodeRequest,
  decodeResponse,
  encodeRequest,
  encodeResponse,
  type BhttpRequest,
  type BhttpResponse,
} from '@sotto/bhttp';
import { fromHex, hex } from '@sotto/wire';
import figures from '../../../specs/vectors/rfc9292.json' with { type: 'json' };

const framings = ['known-length', 'known-length', 'indeterminate-length', 'indeterminate-length'] as const;

const vectors = figures.vectors.map((vector) => {
  const { kind, content_hex: content, ...rest } = vector.decoded;
  return {
    ...vector,
    wire: fromHex(vector.wire),
    options: { framing: framings[vector.framing] ?? 'known-length', length: vector.wire.length / 2 },
    message: { ...rest, content: fromHex(content) } as unknown as BhttpRequest & BhttpResponse,
    decode: kind === 'request' ? decodeRequest : decodeResponse,
    encode: kind === 'request' ? encodeRequest : encodeResponse,
  };
});

describe.each(vectors)(
  'RFC 9292 §$section $name',
  ({ wire, message, options, decode, encode, ...vector }) => {
    test('decodes to the message in the RFC', () => {
      expect(decode(wire)).toEqual(message);
    });

    test('the message encodes to the same bytes', () => {
      expect(hex(encode(message, options))).toBe(hex(wire));
    });

    test('truncated as in the RFC, it decodes to the same message', () => {
      const cuts = vector.truncations_equivalent ?? [];
      expect(cuts).toHaveLength(vector.removable_trailing_bytes ?? 0);
      expect(cuts.map((cut) => decode(fromHex(cut)))).toEqual(cuts.map(() => message));
    });
  },
);

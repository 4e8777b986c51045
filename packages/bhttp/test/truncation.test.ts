import { describe, expect, test } from 'vitest';
import { decodeRequest, decodeResponse, encodeRequest, encodeResponse, type Field } from '@sotto/bhttp';
import { EMPTY, fromHex, hex, utf8, type Bytes } from '@sotto/wire';
import figures from '../../../specs/vectors/rfc9292.json' with { type: 'json' };
import rfc9458 from '../../../specs/vectors/rfc9458.json' with { type: 'json' };
import { indeterminateLength, knownLength } from './varints.ts';

const TRUNCATED = expect.objectContaining({ name: 'BhttpError', code: 'truncated' });
const wireOf = (name: string): Bytes =>
  fromHex(figures.vectors.find((vector) => vector.name === name)?.wire ?? '');

const request = { method: 'GET', scheme: 'https', authority: 'a', path: '/', trailers: [] };
const none: Field[] = [];

/** Each message with the lengths to which it may be cut (RFC 9292 §3.8). Any other prefix is refused. */
const messages: [name: string, decode: (bytes: Bytes) => unknown, wire: Bytes, legal: readonly number[]][] = [
  // 15 bytes of control data and 1 of an empty header section; then the lengths of content and trailers
  ['nothing in it', decodeRequest, encodeRequest({ ...request, fields: none, content: EMPTY }), [15, 16, 17]],
  ['content', decodeRequest, encodeRequest({ ...request, fields: none, content: utf8('abc') }), [15, 16, 20]],
  ['known length, all there', decodeRequest, knownLength(), [17, 22, 28]],
  ['indeterminate length, all there', decodeRequest, indeterminateLength(), [17, 22, 30]],
  ['RFC 9292 §5.1 known', decodeRequest, wireOf('known-length-request'), [23, 133, 134]],
  [
    'RFC 9292 §5.1 indeterminate',
    decodeRequest,
    wireOf('indeterminate-length-request-padded'),
    [23, ...Array.from({ length: 12 }, (_, i) => 132 + i)],
  ],
  [
    'RFC 9292 §5.2 indeterminate',
    decodeResponse,
    wireOf('indeterminate-length-response-with-informational'),
    [111, 314, 367],
  ],
  ['RFC 9292 §5.2 known', decodeResponse, wireOf('known-length-response-with-trailer'), [3, 4, 34]],
  [
    'a padded response',
    decodeResponse,
    encodeResponse(
      { informational: [], status: 204, fields: none, content: EMPTY, trailers: [] },
      { length: 12 },
    ),
    [3, 4, 5, 6, 7, 8, 9, 10, 11],
  ],
];

describe.each(messages)('B01 %s', (_name, decode, wire, legal) => {
  test('truncated at every byte: decodes at the points that the RFC allows, and is refused elsewhere', () => {
    const decoded: number[] = [];
    for (let cut = 0; cut < wire.length; cut++) {
      try {
        decode(wire.subarray(0, cut));
        decoded.push(cut);
      } catch (error) {
        if ((error as { code?: string }).code !== 'truncated') throw error;
      }
    }
    expect(decoded).toEqual(legal);
    expect(decode(wire)).toBeDefined();
  });
});

test('B01 a part that is cut off decodes as one of length zero', () => {
  const { fields, content } = decodeRequest(knownLength().subarray(0, 28));
  expect(decodeRequest(knownLength().subarray(0, 22))).toMatchObject({
    fields,
    content: EMPTY,
    trailers: [],
  });
  expect(decodeRequest(knownLength().subarray(0, 28))).toMatchObject({
    content: utf8('hello'),
    trailers: [],
  });
  expect(content).toEqual(utf8('hello'));
});

test.each([
  ['known length', '0140c8', '00034745540568747470730161012f'],
  ['indeterminate length', '0340c8', '02034745540568747470730161012f'],
])(
  'N72 %s: a message that ends after its control data has no fields and no content',
  (_framing, responseHex, requestHex) => {
    const empty = { fields: none, content: EMPTY, trailers: [] };
    expect(decodeResponse(fromHex(responseHex))).toEqual({ informational: [], status: 200, ...empty });
    expect(decodeRequest(fromHex(requestHex))).toEqual({
      method: 'GET',
      scheme: 'https',
      authority: 'a',
      path: '/',
      ...empty,
    });
  },
);

test('N72 the request of RFC 9458 Appendix A decodes, and is encoded with its empty sections', () => {
  const decoded = decodeRequest(fromHex(rfc9458.exchange.bhttp_request));
  expect(decoded).toEqual({
    method: 'GET',
    scheme: 'https',
    authority: 'example.com',
    path: '/',
    fields: none,
    content: EMPTY,
    trailers: [],
  });
  expect(hex(encodeRequest(decoded))).toBe(`${rfc9458.exchange.bhttp_request}000000`);
  expect(hex(encodeRequest(decoded, { framing: 'indeterminate-length' }))).toMatch(/000000$/);
});

test.each([
  ['a request without its path', '0003474554056874747073016101'],
  ['a request without its authority', '00034745540568747470730161'],
  ['a response without its status', '01'],
  ['half a status', '0140'],
  ['an informational status alone', '014066'],
  ['an informational response alone', '01406600'],
  ['a header section that is cut short', '0140c80401'],
])('N72 %s is refused as truncated', (_name, wire) => {
  const decode = wire.startsWith('00') ? decodeRequest : decodeResponse;
  expect(() => decode(fromHex(wire))).toThrow(TRUNCATED);
});

test('B01 an empty input is refused as truncated', () => {
  expect(() => decodeRequest(EMPTY)).toThrow(TRUNCATED);
  expect(() => decodeResponse(EMPTY)).toThrow(TRUNCATED);
});

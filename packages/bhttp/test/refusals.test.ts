import { describe, expect, test } from 'vitest';
import {
  BhttpError,
  decodeRequest,
  decodeResponse,
  encodeRequest,
  encodeResponse,
  type Field,
} from '@sotto/bhttp';
import { concat, EMPTY, fromHex, uint, utf8, varint, type Bytes } from '@sotto/wire';
import {
  indeterminateLength,
  INDETERMINATE_VARINTS,
  KNOWN_VARINTS,
  knownLength,
  REQUEST,
} from './varints.ts';

const withCode = (code: string) => expect.objectContaining({ name: 'BhttpError', code });
const TRUNCATED = withCode('truncated');

const builders = [
  ...KNOWN_VARINTS.map((place) => ['known length', place, knownLength] as const),
  ...INDETERMINATE_VARINTS.map((place) => ['indeterminate length', place, indeterminateLength] as const),
];

/** n as a varint of 1, 2, 4 or 8 bytes, in any form (RFC 9000 §16). */
function varintOf(n: number, width: 1 | 2 | 4 | 8): Bytes {
  const bytes = uint(width, n);
  bytes[0] = (bytes[0] ?? 0) | (Math.log2(width) << 6);
  return bytes;
}

/** A request with the given field lines, names and values as bytes. */
function withFields(
  lines: readonly (readonly [Bytes, Bytes])[],
  section: 'header' | 'trailer' = 'header',
): Bytes {
  const body = concat(
    ...lines.flatMap(([name, value]) => [varint(name.length), name, varint(value.length), value]),
  );
  const both =
    section === 'header'
      ? [varint(body.length), body, varint(0)]
      : [varint(0), varint(0), varint(body.length), body];
  return concat(fromHex('00 03474554 056874747073 0161 012f'.replaceAll(' ', '')), ...both);
}

test('B02 non-zero padding of any length is refused; 100 KB of zeros are accepted', () => {
  for (const build of [knownLength, indeterminateLength]) {
    const padded = concat(build(), new Uint8Array(100_000));
    expect(decodeRequest(padded)).toEqual(REQUEST);
    for (const at of [build().length, padded.length - 1]) {
      const spoilt = padded.slice();
      spoilt[at] = 1;
      expect(() => decodeRequest(spoilt)).toThrow(withCode('bad-padding'));
    }
  }
});

test.each([
  '01',
  '03',
  '04',
  '3f',
  '4001',
  '80000004',
  'c000000100000000',
  'c020000000000000',
  'ffffffffffffffff',
])('B03 the framing indicator %s is refused in a request', (text) => {
  expect(() => decodeRequest(knownLength({ framing: fromHex(text) }))).toThrow(
    expect.objectContaining({ code: expect.stringMatching(/^(bad-framing|out-of-range)$/) }),
  );
});

test.each(['00', '02', '04'])('B03 the framing indicator %s is refused in a response', (text) => {
  expect(() => decodeResponse(concat(fromHex(text), fromHex('40c8000000')))).toThrow(withCode('bad-framing'));
});

test('B04 framing indicator 2 is decoded as indeterminate length', () => {
  expect(decodeRequest(indeterminateLength())).toEqual(REQUEST);
  expect(() => decodeRequest(indeterminateLength({ framing: varint(0) }))).toThrow(BhttpError);
  expect(() => decodeRequest(knownLength({ framing: varint(2) }))).toThrow(BhttpError);
});

describe.each(builders)('%s, the length of %s', (_framing, place, build) => {
  test.each([
    ['2^32', 'c000000100000000', 'truncated'],
    ['2^32 + its own length', 'c000000100000001', 'truncated'],
    ['2^53 - 1', 'c01fffffffffffff', 'truncated'],
    ['2^53 + 1', 'c020000000000001', 'out-of-range'],
    ['2^62 - 1', 'ffffffffffffffff', 'out-of-range'],
  ])('B05 %s is refused', (_name, text, code) => {
    expect(() => decodeRequest(build({ [place]: fromHex(text) }))).toThrow(withCode(code));
  });

  test('B06 a length one above the remaining bytes is refused, not filled with zeros', () => {
    const whole = build();
    for (const over of [whole.length, 100, 63]) {
      expect(() => decodeRequest(build({ [place]: varint(over) }))).toThrow(TRUNCATED);
    }
  });

  test('B07 a varint length in a longer form than necessary is accepted', () => {
    const lengths: Record<string, number> = {
      method: 4,
      scheme: 5,
      path: 2,
      'header section': 4,
      content: 5,
      'trailer section': 4,
      chunk: 3,
      'second chunk': 2,
    };
    for (const width of [1, 2, 4, 8] as const) {
      // Inside a known-length section a wider length makes the section longer.
      const grown = place === 'name' || place === 'value' ? { 'header section': varint(3 + width) } : {};
      const wide = build({ ...grown, [place]: varintOf(lengths[place] ?? 1, width) });
      expect(decodeRequest(wide)).toEqual(REQUEST);
    }
  });
});

test('B06 a content length one above the remaining bytes is refused', () => {
  const whole = encodeRequest({ ...REQUEST, trailers: [] }); // ends with the trailers’ zero length
  const at = whole.length - 7; // of the content’s length
  expect(whole[at]).toBe(5);
  whole[at] = 6; // includes that zero, so that the trailers are cut off, which is legal
  expect(decodeRequest(whole).content).toHaveLength(6);
  whole[at] = 7;
  expect(() => decodeRequest(whole)).toThrow(TRUNCATED);
});

test('B06 a name or value that runs over the end of its section is refused', () => {
  expect(() => decodeRequest(knownLength({ value: varint(2) }))).toThrow(TRUNCATED);
  expect(() => decodeRequest(knownLength({ 'header section': varint(3) }))).toThrow(TRUNCATED);
  expect(() => decodeRequest(knownLength({ 'header section': varint(2) }))).toThrow(TRUNCATED);
});

test('B07 framing indicators, statuses and terminators in longer forms are accepted', () => {
  for (const width of [1, 2, 4, 8] as const) {
    expect(decodeRequest(knownLength({ framing: varintOf(0, width) }))).toEqual(REQUEST);
    const zero = varintOf(0, width);
    const ends = {
      'header end': zero,
      'content end': zero,
      'trailer end': zero,
      framing: varintOf(2, width),
    };
    expect(decodeRequest(indeterminateLength(ends))).toEqual(REQUEST);
  }
  expect(decodeResponse(fromHex('01800000c800')).status).toBe(200);
});

const BAD_NAMES = [
  '',
  'A b',
  'a b',
  ' a',
  'a ',
  'a:b',
  'a:',
  ':',
  '::a',
  'a\0',
  'a\r',
  'a\n',
  'a\x7f',
  'a\t',
  'a(',
  '"a',
  'a/b',
  'a,b',
];
const badNames = [
  ...BAD_NAMES.map((name) => [JSON.stringify(name), utf8(name)] as const),
  ['0xe9', fromHex('61e9')] as const,
  ['UTF-8', utf8('é')] as const,
];

test.each(badNames)('B08 the field name %s is refused', (_shown, name) => {
  for (const section of ['header', 'trailer'] as const) {
    expect(() => decodeRequest(withFields([[name, utf8('v')]], section))).toThrow(withCode('bad-field-name'));
  }
  const fields: Field[] = [[String.fromCharCode(...name), 'v']];
  expect(() => encodeRequest({ ...REQUEST, fields })).toThrow(withCode('bad-field-name'));
});

test.each([
  ['Content-Type', 'content-type'],
  ['A', 'a'],
  ['aB', 'ab'],
  ['X-!#$%&', 'x-!#$%&'],
  [':Protocol', ':protocol'],
])('N71 the field name %s is decoded as %s and never encoded', (name, lower) => {
  const line = [utf8(name), utf8('V')] as const;
  expect(decodeRequest(withFields([line])).fields).toEqual([[lower, 'V']]);
  const fields: Field[] = [[name, 'V']];
  expect(() => encodeRequest({ ...REQUEST, fields })).toThrow(withCode('bad-field-name'));
  const response = { informational: [], status: 200, fields, content: EMPTY, trailers: [] };
  expect(() => encodeResponse(response)).toThrow(withCode('bad-field-name'));
  const wire = fromHex('0140c804014101620000'); // the field A: b
  expect(decodeResponse(wire).fields).toEqual([['a', 'b']]);
});

test('N71 capitals in trailers and in several fields of a response are decoded to lower case', () => {
  const trailer = [utf8('ETag'), utf8('V')] as const;
  expect(decodeRequest(withFields([trailer], 'trailer')).trailers).toEqual([['etag', 'V']]);
  expect(decodeResponse(fromHex('0140c80801410162014101620000')).fields).toEqual([
    ['a', 'b'],
    ['a', 'b'],
  ]);
});

test.each([':Method', ':PATH', ':Status'])('N71 B10 %s as a field is refused', (name) => {
  const line = [utf8(name), utf8('x')] as const;
  expect(() => decodeRequest(withFields([line]))).toThrow(withCode('pseudo-field'));
});

test.each(['a\0', '\0', 'a\rb', 'a\nb', '\r\n', ' a', 'a ', '\ta', 'a\t', ' ', '\t'])(
  'B09 the field value %j is refused',
  (value) => {
    for (const section of ['header', 'trailer'] as const) {
      expect(() => decodeRequest(withFields([[utf8('a'), utf8(value)]], section))).toThrow(
        withCode('bad-field-value'),
      );
    }
    expect(() => encodeRequest({ ...REQUEST, fields: [['a', value]] })).toThrow(withCode('bad-field-value'));
  },
);

test('B09 every other byte round-trips in a field value, 0x80 to 0xff included', () => {
  const value = String.fromCharCode(
    ...Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => ![0, 10, 13].includes(byte)),
  );
  const fields: Field[] = [
    ['a', `x${value}x`],
    ['b', ''],
  ];
  expect(decodeRequest(encodeRequest({ ...REQUEST, fields })).fields).toEqual(fields);
  expect(() => encodeRequest({ ...REQUEST, fields: [['a', '猫']] })).toThrow(withCode('bad-field-value'));
});

test.each([':method', ':scheme', ':authority', ':path', ':status'])(
  'B10 %s as a field is refused',
  (name) => {
    const line = [utf8(name), utf8('x')] as const;
    expect(() => decodeRequest(withFields([line]))).toThrow(withCode('pseudo-field'));
    expect(() => decodeRequest(withFields([line], 'trailer'))).toThrow(withCode('pseudo-field'));
    expect(() => encodeRequest({ ...REQUEST, fields: [[name, 'x']] })).toThrow(withCode('pseudo-field'));
    const response = {
      informational: [],
      status: 200,
      fields: [[name, 'x']] as Field[],
      content: EMPTY,
      trailers: [],
    };
    expect(() => encodeResponse(response)).toThrow(withCode('pseudo-field'));
  },
);

test('B10 an unknown pseudo-field is accepted only before regular fields, and never in trailers', () => {
  const pseudo = [utf8(':protocol'), utf8('x')] as const;
  const regular = [utf8('a'), utf8('b')] as const;
  expect(decodeRequest(withFields([pseudo, regular])).fields).toEqual([
    [':protocol', 'x'],
    ['a', 'b'],
  ]);
  expect(() => decodeRequest(withFields([regular, pseudo]))).toThrow(withCode('pseudo-field'));
  expect(() => decodeRequest(withFields([pseudo], 'trailer'))).toThrow(withCode('pseudo-field'));
});

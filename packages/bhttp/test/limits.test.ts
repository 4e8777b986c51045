import { describe, expect, test } from 'vitest';
import {
  decodeRequest,
  decodeResponse,
  encodeRequest,
  encodeResponse,
  MAX_CONTROL_DATA,
  MAX_FIELD_SECTION,
  MAX_FIELDS,
  MAX_INFORMATIONAL,
  type BhttpRequest,
  type Field,
} from '@sotto/bhttp';
import { concat, EMPTY, fromHex, utf8, varint } from '@sotto/wire';
import { cpuMilliseconds } from '../../../test/support/cpu-time.ts';

const withCode = (code: string) => expect.objectContaining({ name: 'BhttpError', code });
const TOO_LARGE = withCode('fields-too-large');
const GET: BhttpRequest = {
  method: 'GET',
  scheme: 'https',
  authority: 'a',
  path: '/',
  fields: [],
  content: EMPTY,
  trailers: [],
};
const FRAMINGS = ['known-length', 'indeterminate-length'] as const;
const LINE: Field = ['a', 'b']; // 4 bytes
const repeat = (field: Field, count: number): Field[] => Array.from({ length: count }, () => field);

describe.each(FRAMINGS)('B18 %s', (framing) => {
  const again = (fields: readonly Field[], trailers: readonly Field[] = []) =>
    decodeRequest(encodeRequest({ ...GET, fields, trailers }, { framing }));

  test('a message with the maximum number of fields decodes, one more is refused; trailers count', () => {
    expect(again(repeat(LINE, MAX_FIELDS)).fields).toHaveLength(MAX_FIELDS);
    expect(() => again(repeat(LINE, MAX_FIELDS + 1))).toThrow(TOO_LARGE);
    expect(() => again(repeat(LINE, MAX_FIELDS), [LINE])).toThrow(TOO_LARGE);
    expect(() => again(repeat(LINE, 10_000))).toThrow(TOO_LARGE);
  });

  test('a message with the maximum bytes of fields decodes, one more is refused', () => {
    const overhead = 6; // name length 1, name 1, value length 4
    const longest: Field = ['a', 'v'.repeat(MAX_FIELD_SECTION - overhead)];
    expect(again([longest]).fields).toEqual([longest]);
    expect(() => again([['a', `${longest[1]}v`]])).toThrow(TOO_LARGE);
    expect(() => again([longest], [LINE])).toThrow(TOO_LARGE);
    expect(() => again([['a', 'v'.repeat(1 << 20)]])).toThrow(TOO_LARGE);
  });

  test('a section of a megabyte is refused after bounded work', () => {
    const wire = encodeRequest({ ...GET, fields: repeat(['name', 'value'], 100_000) }, { framing });
    expect(wire.length).toBeGreaterThan(1 << 20);
    const took = cpuMilliseconds(() => {
      for (let i = 0; i < 100; i++) expect(() => decodeRequest(wire)).toThrow(TOO_LARGE);
    });
    expect(took).toBeLessThan(1000); // reading the whole section takes a hundred times as long
  });
});

test('B18 informational responses are limited, and their fields count with the others', () => {
  const response = { status: 200, fields: [], content: EMPTY, trailers: [] };
  const informational = Array.from({ length: MAX_INFORMATIONAL }, () => ({ status: 103, fields: [LINE] }));
  const whole = encodeResponse({ ...response, informational });
  expect(decodeResponse(whole).informational).toEqual(informational);
  const more = encodeResponse({
    ...response,
    informational: [...informational, { status: 100, fields: [] }],
  });
  expect(() => decodeResponse(more)).toThrow(TOO_LARGE);
  const heavy = informational.map(({ status }) => ({ status, fields: repeat(LINE, MAX_FIELDS / 8) }));
  expect(() => decodeResponse(encodeResponse({ ...response, informational: heavy }))).toThrow(TOO_LARGE);
});

test('control data over its limit is refused', () => {
  const path = `/${'p'.repeat(MAX_CONTROL_DATA - 1)}`;
  expect(decodeRequest(encodeRequest({ ...GET, path })).path).toBe(path);
  expect(() => decodeRequest(encodeRequest({ ...GET, path: `${path}p` }))).toThrow(
    withCode('bad-control-data'),
  );
});

test('a million chunks of one byte decode in linear time', () => {
  const chunks = new Uint8Array(2_000_000).map((_, i) => (i % 2 === 0 ? 1 : 0x61));
  const head = encodeRequest(GET, { framing: 'indeterminate-length' });
  const wire = concat(head.subarray(0, head.length - 2), chunks, varint(0), varint(0));
  let content = EMPTY;
  const took = cpuMilliseconds(() => (content = decodeRequest(wire).content));
  expect(content).toEqual(new Uint8Array(1_000_000).fill(0x61));
  expect(took).toBeLessThan(2000);
});

test.each([0, 99, 600, 999, 1000, 2 ** 32, 2 ** 53 - 1])('the status %i is refused', (status) => {
  expect(() => decodeResponse(concat(varint(1), varint(status), fromHex('000000')))).toThrow(
    withCode('bad-status'),
  );
  const response = { informational: [], status, fields: [], content: EMPTY, trailers: [] };
  expect(() => encodeResponse(response)).toThrow(withCode('bad-status'));
});

test('an informational status is refused as final, and a final one as informational', () => {
  const response = { informational: [], status: 200, fields: [], content: EMPTY, trailers: [] };
  expect(() => encodeResponse({ ...response, status: 103 })).toThrow(withCode('bad-status'));
  const informational = [{ status: 200, fields: [] }];
  expect(() => encodeResponse({ ...response, informational })).toThrow(withCode('bad-status'));
  expect(() => decodeResponse(concat(varint(1), varint(103), varint(0)))).toThrow(withCode('truncated'));
});

test.each(['', 'GE T', 'GET\r\nA: b', 'GET /x HTTP/1.1\r\nA: b', 'GÉT', 'a:b'])(
  'the method %j is refused',
  (method) => {
    expect(() => encodeRequest({ ...GET, method })).toThrow(withCode('bad-control-data'));
    const bytes = utf8(method);
    const wire = concat(varint(0), varint(bytes.length), bytes, fromHex('0568747470730161012f000000'));
    expect(() => decodeRequest(wire)).toThrow(withCode('bad-control-data'));
  },
);

test.each(['/ ', '/\t', '/\0', '/\r\nX', '/é', '/\x7f'])('the path %j is refused', (path) => {
  expect(() => encodeRequest({ ...GET, path })).toThrow(withCode('bad-control-data'));
  const bytes = utf8(path);
  const wire = concat(fromHex('00034745540568747470730161'), varint(bytes.length), bytes, fromHex('000000'));
  expect(() => decodeRequest(wire)).toThrow(withCode('bad-control-data'));
});

test('encoding to a length pads with zeros, and is refused when the message is longer', () => {
  const size = encodeRequest(GET).length;
  expect(() => encodeRequest(GET, { length: size - 1 })).toThrow(withCode('too-long'));
  expect(encodeRequest(GET, { length: size })).toEqual(encodeRequest(GET));
  expect(encodeRequest(GET, { length: 1024 })).toEqual(
    concat(encodeRequest(GET), new Uint8Array(1024 - size)),
  );
});

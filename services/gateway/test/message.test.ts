import { beforeAll, describe, expect, test } from 'vitest';
import { decodeRequest, encodeRequest, type Field } from '@sotto/bhttp';
import { concat, hex, uint, utf8, varint, type Bytes } from '@sotto/wire';
import { formatDate } from '../src/date.ts';
import { inner } from './support/client.ts';
import { testGateway, LARGE_ROWS, NOW, type TestGateway } from './support/gateway.ts';

let h: TestGateway;
let request: Bytes; // for the service without tokens, so that every request may get a response

beforeAll(async () => {
  h = await testGateway({ replayCapacity: 10_000, rows: LARGE_ROWS });
  const date: Field = ['date', formatDate(NOW)];
  request = encodeRequest(inner({ authority: 'open', fields: [date] }));
});

/** Inner status and code of these bytes as a request. */
async function told(bytes: Bytes): Promise<string> {
  const { inner: answer, code } = await h.send(bytes);
  return code === null ? `${answer.status}` : `${answer.status} ${code}`;
}

const REFUSED = '400 bad-request';
const control = ['POST', 'https', 'open', '/v1/search'];
const lengthPrefixed = (text: string): Bytes => concat(varint(text.length), utf8(text));

/** A known-length request with these field lines, in their encoded form. */
function withLines(...lines: Bytes[]): Bytes {
  const fields = concat(lengthPrefixed('date'), lengthPrefixed(formatDate(NOW)), ...lines);
  return concat(
    varint(0),
    ...control.map(lengthPrefixed),
    varint(fields.length),
    fields,
    varint(0),
    varint(0),
  );
}

describe('the content of an envelope is Binary HTTP, or is refused inside', () => {
  test('B01 a message truncated at any byte is refused, except where RFC 9292 §3.8 allows it', async () => {
    const answered: number[] = [];
    for (let length = 0; length < request.length; length++) {
      if ((await told(request.subarray(0, length))) === '200') answered.push(length);
    }
    const contentLength = request.length - '{"q":"cat"}'.length - 2;
    // Before the length of the content, and before that of the trailers.
    expect(answered).toEqual([contentLength, request.length - 1]);
    expect(decodeRequest(request.subarray(0, contentLength)).content).toHaveLength(0);
  });

  test('B02 padding must be zeros, and may have 100 KB', async () => {
    expect(await told(concat(request, Uint8Array.of(0, 0, 1)))).toBe(REFUSED);
    expect(await told(concat(request, new Uint8Array(100_000)))).toBe('200');
  });

  test('B03 the framing of a response, or an unknown one, is refused', async () => {
    for (const framing of [varint(1), varint(3), varint(4), new Uint8Array(8).fill(255)]) {
      expect(await told(concat(framing, request.subarray(1)))).toBe(REFUSED);
    }
  });

  test('B04 indeterminate length is accepted', async () => {
    const calls = h.calls.length;
    const indeterminate = encodeRequest(decodeRequest(request), { framing: 'indeterminate-length' });
    expect(await told(indeterminate)).toBe('200');
    expect(hex((h.calls[calls]?.content ?? new Uint8Array(0)) as Uint8Array)).toBe(hex(utf8('{"q":"cat"}')));
  });

  test('B05 B06 a length beyond the message is refused for any part', async () => {
    const places = lengthPlaces();
    expect(places).toHaveLength(9);
    const lengths = [2 ** 32, 2 ** 53 + 1, 2 ** 62 - 1].map(eightBytes);
    for (const { at, remaining } of places) {
      for (const length of [...lengths, varint(remaining + 1)]) {
        expect(await told(concat(request.subarray(0, at), length, request.subarray(at + 1)))).toBe(REFUSED);
      }
    }
  });

  test('B07 a varint that is longer than necessary is accepted', async () => {
    const long = concat(Uint8Array.of(0x40, 0), request.subarray(1));
    expect(await told(long)).toBe('200');
  });

  test('B08 a field name that is not a lower-case token is refused', async () => {
    const names = ['', 'Host', 'a b', 'a:b', 'a\0', 'a\r', 'a\n', 'a\x7f', 'naïve'];
    for (const name of names) {
      const line = concat(varint(Buffer.from(name).length), Buffer.from(name), lengthPrefixed('x'));
      expect(await told(withLines(line))).toBe(REFUSED);
    }
  });

  test('B09 a value with NUL, CR, LF, or space around it is refused', async () => {
    for (const value of ['a\0b', 'a\rb', 'a\nb', ' a', 'a ', '\ta', 'a\t']) {
      expect(await told(withLines(lengthPrefixed('content-type'), lengthPrefixed(value)))).toBe(REFUSED);
    }
  });

  test('B10 pseudo-fields are refused', async () => {
    for (const name of [':method', ':scheme', ':authority', ':path', ':status', ':other']) {
      expect(await told(withLines(lengthPrefixed(name), lengthPrefixed('x')))).toBe(REFUSED);
    }
  });

  test('B18 a megabyte of fields, or ten thousand of them, is 431', async () => {
    const long = withLines(lengthPrefixed('content-type'), lengthPrefixed('x'.repeat(1_000_000)));
    expect(await told(long)).toBe('431 fields-too-large');
    const many = Array.from({ length: 10_000 }, () => concat(lengthPrefixed('x-a'), lengthPrefixed('b')));
    expect(await told(withLines(...many))).toBe('431 fields-too-large');
  });
});

/** The positions of the one-byte lengths of `request`, and the number of bytes after each. */
function lengthPlaces(): { at: number; remaining: number }[] {
  const places: { at: number; remaining: number }[] = [];
  const place = (at: number) => places.push({ at, remaining: request.length - at - 1 });
  let at = 1;
  for (const part of control) {
    place(at);
    at += 1 + part.length;
  }
  place(at); // the section
  place(at + 1); // its name
  place(at + 1 + 1 + 'date'.length); // its value
  at += 1 + 1 + 'date'.length + 1 + formatDate(NOW).length;
  place(at); // the content
  place(at + 1 + '{"q":"cat"}'.length); // the trailers
  return places;
}

function eightBytes(n: number): Bytes {
  const high = Math.floor(n / 2 ** 32);
  return concat(uint(4, 0xc0000000 + Math.min(high, 0x3fffffff)), uint(4, n % 2 ** 32));
}

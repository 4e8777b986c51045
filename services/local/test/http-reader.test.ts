import { expect, test } from 'vitest';
import { MALFORMED_LENGTHS } from '../../../test/support/content-lengths.ts';
import { HttpReader } from '../src/taps/http-reader.ts';

/** The bodies of the messages that a reader finds in this text, which arrives in pieces of this length. */
function bodiesIn(text: string, piece = text.length): string[] {
  const bodies: string[] = [];
  const reader = new HttpReader(({ body }) => void bodies.push(body.toString('latin1')));
  const bytes = Buffer.from(text, 'latin1');
  for (let at = 0; at < bytes.length; at += piece) reader.push(bytes.subarray(at, at + piece));
  return bodies;
}

const HEAD = 'POST /x HTTP/1.1\r\n';
const CHUNKED = `${HEAD}Transfer-Encoding: chunked\r\n\r\n`;
const NEXT = `${HEAD}Content-Length: 4\r\n\r\nnext`;

test.each([
  ['a length', `${HEAD}Content-Length: 5\r\n\r\nhello`, 'hello'],
  ['a length with zeros before it', `${HEAD}content-length: 005\r\n\r\nhello`, 'hello'],
  ['no length', `${HEAD}\r\n`, ''],
  ['chunks', `${CHUNKED}5\r\nhello\r\n0A\r\n, everyone\r\n0\r\n\r\n`, 'hello, everyone'],
  ['a chunk extension', `${CHUNKED}5 ; a=b\r\nhello\r\n0\r\n\r\n`, 'hello'],
])('HTTP reader: reads a message with %s, and the next one', (_name, message, body) => {
  for (const piece of [1, 7, 1000]) expect(bodiesIn(message + NEXT, piece)).toEqual([body, 'next']);
});

test.each(MALFORMED_LENGTHS.filter((value) => value !== '٣'))(
  'HTTP reader: stops reading at Content-Length "%s"',
  (length) => {
    expect(bodiesIn(`${HEAD}Content-Length: ${length}\r\n\r\nhello${NEXT}`)).toEqual([]);
  },
);

test.each(['', '0x5', '-5', '+5', ' 5', '5 5', '5.0', 'five', '5;'.padStart(40, 'f')])(
  'HTTP reader: stops reading at a chunk of size "%s"',
  (size) => {
    expect(bodiesIn(`${CHUNKED}${size}\r\nhello\r\n0\r\n\r\n${NEXT}`)).toEqual([]);
  },
);

test('HTTP reader: stops reading at a transfer coding other than chunked', () => {
  for (const coding of ['xchunked', 'gzip', 'chunked, gzip']) {
    expect(bodiesIn(`${HEAD}Transfer-Encoding: ${coding}\r\n\r\n5\r\nhello\r\n0\r\n\r\n${NEXT}`)).toEqual([]);
  }
  expect(bodiesIn(`${HEAD}Transfer-Encoding: gzip, Chunked\r\n\r\n0\r\n\r\n`)).toEqual(['']);
});

import { assert, property, string } from 'fast-check';
import { expect, test } from 'vitest';
import { bearerToken, equalText, hasMediaType } from '../src/index.ts';

test.each([
  ['message/ohttp-req', true],
  ['Message/OHTTP-Req', true],
  ['message/ohttp-req; charset=utf-8', true],
  [' message/ohttp-req ', true],
  ['message/ohttp-req;', true],
  [null, false],
  ['', false],
  ['xmessage/ohttp-reqx', false],
  ['message/ohttp-request', false],
  ['message/ohttp-req, x', false],
  ['text/plain, message/ohttp-req', false],
  ['text/plain; message/ohttp-req', false],
  ['message/*', false],
])('R02 %j is message/ohttp-req: %s', (value, expected) => {
  expect(hasMediaType(value, 'message/ohttp-req')).toBe(expected);
});

test.each([
  ['Bearer abc', 'abc'],
  ['bearer a.b-c_d~e+f/g==', 'a.b-c_d~e+f/g=='],
  ['Bearer', null],
  ['Bearer ', null],
  ['Bearer a b', null],
  ['Bearer a, Bearer b', null],
  ['Bearer a=b', null],
  ['Basic abc', null],
  ['xBearer abc', null],
])('of %j the bearer token is %j', (value, token) => {
  expect(bearerToken(new Headers({ authorization: value }))).toBe(token);
});

test('no Authorization, no token', () => {
  expect(bearerToken(new Headers())).toBe(null);
});

test('texts are equal when they are, and only then', () => {
  assert(
    property(string({ maxLength: 20 }), string({ maxLength: 20 }), (a, b) => {
      expect(equalText(a, a)).toBe(true);
      expect(equalText(a, b)).toBe(a === b);
    }),
  );
});

test('a prefix, a repetition and the empty text are not equal', () => {
  expect([equalText('ab', 'abab'), equalText('abab', 'ab'), equalText('', 'a'), equalText('a', '')]).toEqual([
    false,
    false,
    false,
    false,
  ]);
});

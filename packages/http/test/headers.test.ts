import { assert, property, string, stringMatching } from 'fast-check';
import { expect, test } from 'vitest';
import { bearerToken, equalText, hasMediaType, isCredential } from '../src/index.ts';

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
  ['Bearer  abc', 'abc'],
  ['Bearer     abc', 'abc'],
  ['Bearer\tabc', null],
  ['Bearerabc', null],
  ['Bearer a b', null],
  ['Bearer a, Bearer b', null],
  ['Bearer a=b', null],
  ['Basic abc', null],
  ['xBearer abc', null],
])('N34 bearer token: of %j is %j', (value, token) => {
  expect(bearerToken(new Headers({ authorization: value }))).toBe(token);
});

test.each([
  ['a'.repeat(16), true],
  ['a'.repeat(512), true],
  [`${'a/+._~-9'.repeat(2)}==`, true],
  ['a'.repeat(15), false],
  [`${'a'.repeat(15)}=`, false],
  ['a'.repeat(513), false],
  ['', false],
  ['a credential of three', false],
  ['a-credential-with-ä', false],
  ['a-credential-with!', false],
  ['a-credential:with', false],
  ['a-credential="with"', false],
  ['a-credential=with', false],
  ['a-credential,with', false],
  ['a-credential-with\n', false],
])('K01 whether %j is a credential of ours: %s', (text, expected) => {
  expect(isCredential(text)).toBe(expected);
});

test('K01 a credential of ours is what bearerToken reads', () => {
  assert(
    property(stringMatching(/^[A-Za-z0-9\-._~+/]{16,20}={0,2}$/), (text) => {
      expect(isCredential(text)).toBe(true);
      expect(bearerToken(new Headers({ authorization: `Bearer ${text}` }))).toBe(text);
    }),
  );
});

test('no Authorization, no token', () => {
  expect(bearerToken(new Headers())).toBe(null);
});

test('equal texts are equal, and others are not', () => {
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

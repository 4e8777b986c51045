import { fromUtf8, utf8 } from '@sotto/wire';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeDirectory, encodeDirectory } from '../src/index.ts';

const key = fc.record(
  {
    tokenType: fc.nat({ max: 0xffff }),
    tokenKey: fc.uint8Array({ minLength: 1, maxLength: 60 }).map((b) => Uint8Array.from(b)),
    notBefore: fc.nat(),
    service: fc.string({ minLength: 1, maxLength: 12 }),
  },
  { requiredKeys: ['tokenType', 'tokenKey'] },
);
const directory = fc.record({
  issuerRequestUri: fc.string({ minLength: 1, maxLength: 20 }),
  tokenKeys: fc.array(key, { maxLength: 4 }),
});

test('decode inverts encode, and encode gives the same bytes each time', () => {
  fc.assert(
    fc.property(directory, (d) => {
      const encoded = encodeDirectory(d);
      expect(decodeDirectory(encoded)).toEqual(d);
      expect(encodeDirectory(decodeDirectory(encoded))).toEqual(encoded);
    }),
  );
});

test('a directory has the JSON of RFC 9578 §4, with a service beside each key', () => {
  const tokenKeys = [{ tokenType: 5, tokenKey: new Uint8Array(32), notBefore: 86_400, service: 'stickers' }];
  const encoded = encodeDirectory({ issuerRequestUri: 'https://issuer.example/token-request', tokenKeys });
  expect(fromUtf8(encoded)).toBe(
    '{"issuer-request-uri":"https://issuer.example/token-request","token-keys":[{"token-type":5,' +
      `"token-key":"${'A'.repeat(43)}=","not-before":86400,"service":"stickers"}]}`,
  );
});

test('unknown members are ignored, and keys without padding decode', () => {
  const text = '{"x":1,"issuer-request-uri":"/r","token-keys":[{"token-type":9,"token-key":"AAA","y":[]}]}';
  expect(decodeDirectory(utf8(text))).toEqual({
    issuerRequestUri: '/r',
    tokenKeys: [{ tokenType: 9, tokenKey: new Uint8Array(2) }],
  });
});

test.each([
  '',
  'null',
  '[]',
  '{}',
  '{"issuer-request-uri":"/r"}',
  '{"issuer-request-uri":"","token-keys":[]}',
  '{"issuer-request-uri":1,"token-keys":[]}',
  '{"issuer-request-uri":"/r","token-keys":{}}',
  '{"issuer-request-uri":"/r","token-keys":[1]}',
  '{"issuer-request-uri":"/r","token-keys":[{"token-type":65536,"token-key":"AAAA"}]}',
  '{"issuer-request-uri":"/r","token-keys":[{"token-type":"5","token-key":"AAAA"}]}',
  '{"issuer-request-uri":"/r","token-keys":[{"token-type":5}]}',
  '{"issuer-request-uri":"/r","token-keys":[{"token-type":5,"token-key":"A"}]}',
  '{"issuer-request-uri":"/r","token-keys":[{"token-type":5,"token-key":"AB"}]}',
  '{"issuer-request-uri":"/r","token-keys":[{"token-type":5,"token-key":"AAAA","not-before":-1}]}',
  '{"issuer-request-uri":"/r","token-keys":[{"token-type":5,"token-key":"AAAA","not-before":1.5}]}',
  '{"issuer-request-uri":"/r","token-keys":[{"token-type":5,"token-key":"AAAA","service":5}]}',
  `{"issuer-request-uri":"/r","token-keys":[${Array.from({ length: 1025 }, () => '0').join()}]}`,
])('a malformed directory is refused: %s', (text) => {
  expect(() => decodeDirectory(utf8(text))).toThrow(expect.objectContaining({ code: 'bad-directory' }));
});

test('bytes that are not UTF-8 are refused', () => {
  expect(() => decodeDirectory(Uint8Array.of(0x22, 0xff, 0x22))).toThrow(
    expect.objectContaining({ code: 'bad-directory' }),
  );
});

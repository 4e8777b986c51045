import { createHash, createHmac } from 'node:crypto';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { concat, fromHex, hex, utf8, type Bytes } from '@sotto/wire';
import { hmacSha256, sha256 } from '../src/parts/sha256.ts';

test.each([
  ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
  ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
  [
    'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
    '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
  ],
  ['a'.repeat(1_000_000), 'cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0'],
])('FIPS 180-4 example %#', (text, digest) => {
  expect(hex(sha256(utf8(text)))).toBe(digest);
});

test.each([
  [
    '0b'.repeat(20),
    hex(utf8('Hi There')),
    'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
  ],
  [
    hex(utf8('Jefe')),
    hex(utf8('what do ya want for nothing?')),
    '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  ],
  ['aa'.repeat(20), 'dd'.repeat(50), '773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe'],
  [
    'aa'.repeat(131),
    hex(utf8('Test Using Larger Than Block-Size Key - Hash Key First')),
    '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
  ],
])('RFC 4231 §4, example %#', (key, data, mac) => {
  expect(hex(hmacSha256(fromHex(key))(fromHex(data)))).toBe(mac);
});

test('every length from 0 to 1,199 bytes agrees with OpenSSL', () => {
  const text = new Uint8Array(1200).map((_, i) => i * 7);
  for (let length = 0; length < text.length; length++) {
    const part = text.subarray(0, length);
    expect(hex(sha256(part))).toBe(createHash('sha256').update(part).digest('hex'));
  }
});

const bytes = (maxLength: number) => fc.uint8Array({ maxLength });

test('random keys and messages agree with noble and OpenSSL, in one part or three', () => {
  fc.assert(
    fc.property(bytes(150), bytes(300), bytes(300), fc.nat(255), (key, a, b, counter) => {
      const message: Bytes = concat(a, b, Uint8Array.of(counter));
      const expected = createHmac('sha256', key).update(message).digest('hex');
      const mac = hmacSha256(key);
      expect(hex(hmac(nobleSha256, key, message))).toBe(expected);
      expect(hex(mac(message))).toBe(expected);
      expect(hex(mac(a, b, counter))).toBe(expected);
    }),
    { numRuns: 300 },
  );
});

test('two keys used in turns do not affect each other', () => {
  const keys = [0, 1, 32, 64, 65].map((length) => new Uint8Array(length).fill(length));
  const macs = keys.map(hmacSha256);
  for (const text of ['', 'a', 'b'.repeat(64), 'c'.repeat(600)]) {
    for (const [i, key] of keys.entries()) {
      const expected = createHmac('sha256', key).update(text).digest('hex');
      expect(hex(macs[i]?.(utf8(text)) ?? key)).toBe(expected);
    }
  }
});

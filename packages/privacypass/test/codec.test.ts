import { concat, fromHex, uint, utf8, varint, vector, type Bytes } from '@sotto/wire';
import { expect, test } from 'vitest';
import {
  decodeAmortizedBatchTokenRequest,
  decodeAmortizedBatchTokenResponse,
  decodeGenericBatchTokenRequest,
  decodeGenericBatchTokenResponse,
  decodeToken,
  decodeTokenChallenge,
  decodeTokenRequest,
  decodeTokenResponse,
  encodeAmortizedBatchTokenRequest,
  encodeAmortizedBatchTokenResponse,
  encodeTokenChallenge,
  encodeTokenRequest,
  serviceChallenge,
  TOKEN_TYPES,
} from '../src/index.ts';

const code = (expected: string) => expect.objectContaining({ code: expected });
const HEAD_5 = fromHex('000507');
const HEAD_1 = fromHex('000107');

const CHALLENGE = serviceChallenge({ tokenType: 5, issuerName: 'i', service: 's', epoch: 0 });

const MALFORMED: readonly [string, () => unknown, string][] = [
  ['I01 an unknown token type', () => decodeTokenRequest(fromHex('0003aa')), 'unknown-token-type'],
  ['I01 the retired draft type 0xF91A', () => decodeTokenRequest(fromHex('f91aaa')), 'unknown-token-type'],
  ['I06 a batch of none', () => decodeAmortizedBatchTokenRequest(concat(HEAD_5, varint(0))), 'empty-batch'],
  [
    'I06 a batch of a type that is not issued',
    () => decodeAmortizedBatchTokenRequest(concat(fromHex('000207'), varint(256), new Uint8Array(256))),
    'unknown-token-type',
  ],
  [
    'I06 a batch of one element and part of another',
    () => decodeAmortizedBatchTokenRequest(concat(HEAD_5, varint(40), new Uint8Array(40))),
    'truncated',
  ],
  [
    'I06 elements of the other type',
    () => decodeAmortizedBatchTokenRequest(concat(HEAD_1, varint(32), new Uint8Array(32))),
    'truncated',
  ],
  [
    'I06 a length that is not the shortest varint',
    () => decodeAmortizedBatchTokenRequest(concat(HEAD_5, fromHex('4020'), new Uint8Array(32))),
    'not-minimal',
  ],
  [
    'I06 a length in eight bytes',
    () => decodeAmortizedBatchTokenRequest(concat(HEAD_5, fromHex('c000000000000020'), new Uint8Array(32))),
    'not-minimal',
  ],
  [
    'I06 a length of 2^62 - 1',
    () => decodeAmortizedBatchTokenRequest(concat(HEAD_5, fromHex('ffffffffffffffff'))),
    'out-of-range',
  ],
  [
    'I06 a length beyond the body',
    () => decodeAmortizedBatchTokenRequest(concat(HEAD_5, varint(64), new Uint8Array(32))),
    'truncated',
  ],
  [
    'a response of none',
    () => decodeAmortizedBatchTokenResponse(5, concat(varint(0), new Uint8Array(64))),
    'empty-batch',
  ],
  [
    'a response of a type that is not issued',
    () => decodeTokenResponse(2, new Uint8Array(256)),
    'unknown-token-type',
  ],
  ['a generic batch of none', () => decodeGenericBatchTokenRequest(varint(0)), 'empty-batch'],
  [
    'a generic batch with an unknown type',
    () => decodeGenericBatchTokenRequest(fromHex('03000907')),
    'unknown-token-type',
  ],
  ['a generic response of none', () => decodeGenericBatchTokenResponse(varint(0)), 'empty-batch'],
  ['a presence octet of 2', () => decodeGenericBatchTokenResponse(fromHex('0102')), 'bad-presence'],
  [
    'a generic response cut in a struct',
    () => decodeGenericBatchTokenResponse(fromHex('03010005')),
    'truncated',
  ],
  ['a token of no known type', () => decodeToken(fromHex('0000')), 'unknown-token-type'],
  [
    'a redemption context of 31 bytes',
    () =>
      decodeTokenChallenge(
        concat(uint(2, 5), vector(2, utf8('i')), vector(1, new Uint8Array(31)), uint(2, 0)),
      ),
    'bad-challenge',
  ],
  [
    'a redemption context of 33 bytes',
    () =>
      decodeTokenChallenge(
        concat(uint(2, 5), vector(2, utf8('i')), vector(1, new Uint8Array(33)), uint(2, 0)),
      ),
    'bad-challenge',
  ],
  [
    'a redemption context of 31 bytes, to be encoded,',
    () => encodeTokenChallenge({ ...CHALLENGE, redemptionContext: new Uint8Array(31) }),
    'bad-challenge',
  ],
  [
    'no issuer name, to be encoded,',
    () => encodeTokenChallenge({ ...CHALLENGE, issuerName: '' }),
    'bad-challenge',
  ],
  ['no issuer name', () => decodeTokenChallenge(fromHex('00050000000000')), 'bad-challenge'],
  ['an issuer name that is not UTF-8', () => decodeTokenChallenge(fromHex('00050001ff000000')), 'bad-text'],
];

test.each(MALFORMED)('%s is refused', (_, decode, expected) => {
  expect(decode).toThrow(code(expected));
});

const request = (type: number, blindedMsg: Bytes) =>
  encodeTokenRequest({ tokenType: type, truncatedTokenKeyId: 7, blindedMsg });

test.each([
  [1, 49],
  [5, 32],
])('I01 I03 type %i: a blinded message of a wrong length is refused', (type, Ne) => {
  for (let length = 0; length < Ne; length++) {
    expect(() => decodeTokenRequest(request(type, new Uint8Array(length)))).toThrow(code('truncated'));
  }
  for (const length of [Ne + 1, 97, 2 * Ne]) {
    expect(() => decodeTokenRequest(request(type, new Uint8Array(length)))).toThrow(code('trailing'));
  }
});

test('I04 a request cut anywhere, and two requests in one body, are refused', () => {
  const whole = request(5, new Uint8Array(32));
  for (let cut = 0; cut < whole.length; cut++) {
    expect(() => decodeTokenRequest(whole.subarray(0, cut))).toThrow(code('truncated'));
  }
  expect(() => decodeTokenRequest(concat(whole, Uint8Array.of(0)))).toThrow(code('trailing'));
  expect(() => decodeTokenRequest(concat(whole, whole))).toThrow(code('trailing'));
});

test("S02 a token of any length but its type's is refused", () => {
  for (const { value, Nk } of TOKEN_TYPES.values()) {
    const length = 98 + Nk;
    expect(length).toBe({ 1: 146, 2: 354, 5: 162 }[value]);
    const token = concat(uint(2, value), new Uint8Array(length + 5));
    expect(decodeToken(token.subarray(0, length)).tokenType).toBe(value);
    for (let n = 0; n < length; n++)
      expect(() => decodeToken(token.subarray(0, n))).toThrow(code('truncated'));
    for (let n = length + 1; n <= length + 5; n++) {
      expect(() => decodeToken(token.subarray(0, n))).toThrow(code('trailing'));
    }
  }
});

test('the sizes of the batched-token draft: 30 and 100 tokens of type 0x0005', () => {
  const element = new Uint8Array(32);
  const sizes = [30, 100].map((length) => {
    const elements = Array.from({ length }, () => element);
    return [
      encodeAmortizedBatchTokenRequest({ tokenType: 5, truncatedTokenKeyId: 0, blindedMsgs: elements })
        .length,
      encodeAmortizedBatchTokenResponse({ evaluatedMsgs: elements, evaluatedProof: new Uint8Array(64) })
        .length,
    ];
  });
  expect(sizes).toEqual([
    [965, 1026],
    [3205, 3266],
  ]);
});

test('serviceChallenge is the same for every client, and differs by epoch, service and type', () => {
  const base = { tokenType: 5, issuerName: 'issuer.example', service: 'stickers', epoch: 86_400 };
  const encoded = (c: typeof base) => encodeTokenChallenge(serviceChallenge(c)).join();
  const all = [
    base,
    { ...base, epoch: 172_800 },
    { ...base, service: 'sticker' },
    { ...base, tokenType: 1 },
  ].map(encoded);
  expect(new Set(all).size).toBe(4);
  expect(encoded({ ...base })).toBe(all[0]);
  expect(decodeTokenChallenge(encodeTokenChallenge(serviceChallenge(base)))).toMatchObject({
    tokenType: 5,
    issuerName: 'issuer.example',
    originInfo: 'stickers',
  });
});

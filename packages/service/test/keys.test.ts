import { utf8, type Bytes } from '@sotto/wire';
import { expect, test } from 'vitest';
import { aesKeyWrap } from '../src/keys/index.ts';

const random = (length: number): Bytes => crypto.getRandomValues(new Uint8Array(length));
const key = random(32);
const context = utf8('a key of the test');

test('aesKeyWrap: unwraps what it wrapped, as nonce, ciphertext and tag', async () => {
  const wrap = aesKeyWrap(crypto.subtle, random(32), random);
  const wrapped = await wrap.wrap(key, context);
  expect(wrapped).toHaveLength(12 + 32 + 16);
  expect(await wrap.unwrap(wrapped, context)).toEqual(key);
});

test('aesKeyWrap: uses a fresh nonce each time', async () => {
  const wrap = aesKeyWrap(crypto.subtle, random(32), random);
  const [a, b] = [await wrap.wrap(key, context), await wrap.wrap(key, context)];
  expect(a.subarray(0, 12)).not.toEqual(b.subarray(0, 12));
  expect(a.subarray(12)).not.toEqual(b.subarray(12));
});

test('aesKeyWrap: rejects another context, another wrapping key, and every changed byte', async () => {
  const wrappingKey = random(32);
  const wrap = aesKeyWrap(crypto.subtle, wrappingKey, random);
  const wrapped = await wrap.wrap(key, context);
  await expect(wrap.unwrap(wrapped, utf8('a key of the tesu'))).rejects.toThrow(/./);
  await expect(wrap.unwrap(wrapped, utf8(''))).rejects.toThrow(/./);
  await expect(aesKeyWrap(crypto.subtle, random(32), random).unwrap(wrapped, context)).rejects.toThrow(/./);
  for (let i = 0; i < wrapped.length; i++) {
    const changed = wrapped.with(i, (wrapped[i] ?? 0) ^ 1);
    await expect(wrap.unwrap(changed, context)).rejects.toThrow(/./);
  }
  for (const length of [0, 11, 12, 27, wrapped.length - 1]) {
    await expect(wrap.unwrap(wrapped.subarray(0, length), context)).rejects.toThrow(/./);
  }
});

test('aesKeyWrap: unwraps a key that the first release of the issuer wrapped by itself', async () => {
  // AES-256-GCM of @noble/ciphers: the same construction.
  const { gcm } = await import('@noble/ciphers/aes.js');
  const [wrappingKey, nonce] = [random(32), random(12)];
  const wrapped = Uint8Array.of(...nonce, ...gcm(wrappingKey, nonce, context).encrypt(key));
  expect(await aesKeyWrap(crypto.subtle, wrappingKey, random).unwrap(wrapped, context)).toEqual(key);
});

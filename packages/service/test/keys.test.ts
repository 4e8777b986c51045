import { utf8, type Bytes } from '@sotto/wire';
import { expect, test } from 'vitest';
import { aesKeyWrap } from '../src/keys/index.ts';

const random = (length: number): Bytes => crypto.getRandomValues(new Uint8Array(length));
const key = random(32);
const context = utf8('a key of the test');
const wrapOf = (current: Bytes, previous: Bytes | null = null) =>
  aesKeyWrap(crypto.subtle, { current, previous }, random);

test('aesKeyWrap: unwraps what it wrapped, as nonce, ciphertext and tag', async () => {
  const wrap = wrapOf(random(32));
  const wrapped = await wrap.wrap(key, context);
  expect(wrapped).toHaveLength(12 + 32 + 16);
  expect(await wrap.unwrap(wrapped, context)).toEqual(key);
});

test('aesKeyWrap: uses a fresh nonce each time', async () => {
  const wrap = wrapOf(random(32));
  const [a, b] = [await wrap.wrap(key, context), await wrap.wrap(key, context)];
  expect(a.subarray(0, 12)).not.toEqual(b.subarray(0, 12));
  expect(a.subarray(12)).not.toEqual(b.subarray(12));
});

test('aesKeyWrap: rejects another context, another wrapping key, and every changed byte', async () => {
  const wrappingKey = random(32);
  const wrap = wrapOf(wrappingKey);
  const wrapped = await wrap.wrap(key, context);
  await expect(wrap.unwrap(wrapped, utf8('a key of the tesu'))).rejects.toThrow(/./);
  await expect(wrap.unwrap(wrapped, utf8(''))).rejects.toThrow(/./);
  await expect(wrapOf(random(32)).unwrap(wrapped, context)).rejects.toThrow(/./);
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
  expect(await wrapOf(wrappingKey).unwrap(wrapped, context)).toEqual(key);
});

test('N52 aesKeyWrap: unwraps under the previous wrapping key, and wraps only under the current one', async () => {
  const [old, fresh] = [random(32), random(32)];
  const both = wrapOf(fresh, old);
  const wrapped = await wrapOf(old).wrap(key, context);
  expect(await both.unwrap(wrapped, context)).toEqual(key);
  await expect(wrapOf(fresh).unwrap(wrapped, context)).rejects.toThrow(/./);
  await expect(both.unwrap(wrapped, utf8('another context'))).rejects.toThrow(/./);
  expect(await wrapOf(fresh).unwrap(await both.wrap(key, context), context)).toEqual(key);
});

test('N52 rewrap: returns a key that the current wrapping key unwraps, and null if it already does', async () => {
  const [old, fresh] = [random(32), random(32)];
  const both = wrapOf(fresh, old);
  const wrapped = await wrapOf(old).wrap(key, context);
  const rewrapped = await both.rewrap(wrapped, context);
  expect(await wrapOf(fresh).unwrap(rewrapped ?? random(1), context)).toEqual(key);
  expect(await both.rewrap(rewrapped ?? random(1), context)).toBeNull();
  const foreign = await wrapOf(random(32)).wrap(key, context);
  for (const wrap of [both, wrapOf(fresh)]) await expect(wrap.rewrap(foreign, context)).rejects.toThrow(/./);
});

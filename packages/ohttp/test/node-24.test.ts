import { beforeEach, expect, test, vi } from 'vitest';
import { KEM } from '@sotto/ohttp';
import { agreesWithNoble, byId, random } from './support.ts';

const seen = vi.hoisted(() => ({ keys: new Set<string>(), refuses: false }));

// From 24.18 on, Node 24 finds out by caught exceptions that bytes or a JWK are not a key object: 3 to 5 µs each.
vi.mock('node:crypto', async (importOriginal) => {
  const original = await importOriginal<typeof import('node:crypto')>();
  const recorded = <F extends (...args: never[]) => unknown>(at: number, run: F): F =>
    ((...args: never[]) => {
      const key: unknown = args[at];
      const isObject = key instanceof original.KeyObject;
      const how = isObject ? `a ${key.type} KeyObject` : `traces of ${Error.stackTraceLimit} frames`;
      seen.keys.add(`${run.name}: ${how}`);
      if (seen.refuses && !isObject) throw new Error('refused');
      return run(...args);
    }) as F;
  return {
    ...original,
    createPrivateKey: recorded(0, original.createPrivateKey),
    createPublicKey: recorded(0, original.createPublicKey),
    createCipheriv: recorded(1, original.createCipheriv as never),
    createDecipheriv: recorded(1, original.createDecipheriv as never),
  };
});
const { nodeHpke } = await import('@sotto/ohttp/node');

beforeEach(() => seen.keys.clear());

test.each([KEM.X25519, KEM.X_WING])(
  'nodeHpke: with KEM %i, gives ciphers KeyObjects and imports X25519 keys without stack traces',
  async (kemId) => {
    await agreesWithNoble(nodeHpke(), kemId);
    for (const call of [
      'createCipheriv: a secret KeyObject',
      'createDecipheriv: a secret KeyObject',
      'createPrivateKey: traces of 0 frames',
      'createPublicKey: traces of 0 frames',
    ])
      expect(seen.keys).toContain(call);
    expect([...seen.keys].filter((call) => /cipheriv: traces|PublicKey: traces of [^0]/.test(call))).toEqual(
      [],
    );
  },
);

test('nodeHpke: restores the limit of stack traces after an import, also if Node refuses the key', async () => {
  const limit = Error.stackTraceLimit;
  const kem = byId(nodeHpke().kems, KEM.X25519);
  const { publicKey } = await kem.generate(random);
  expect(Error.stackTraceLimit).toBe(limit);
  seen.refuses = true;
  await expect(kem.generate(random)).rejects.toThrow('refused');
  await expect(kem.encap(publicKey, random)).rejects.toThrow('refused');
  seen.refuses = false;
  expect(seen.keys).toContain('createPrivateKey: traces of 0 frames');
  expect(Error.stackTraceLimit).toBe(limit);
});

test('nodeHpke: imports keys where the limit of stack traces cannot be set, as with --frozen-intrinsics', async () => {
  const limit = Error.stackTraceLimit;
  Object.defineProperty(Error, 'stackTraceLimit', { writable: false });
  try {
    await agreesWithNoble(nodeHpke(), KEM.X25519);
    expect(seen.keys).toContain(`createPrivateKey: traces of ${limit} frames`);
  } finally {
    Object.defineProperty(Error, 'stackTraceLimit', { writable: true });
  }
});

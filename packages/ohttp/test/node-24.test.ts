import { beforeEach, expect, test, vi } from 'vitest';
import { KEM } from '@sotto/ohttp';
import { agreesWithNoble } from './support.ts';

const inputs = vi.hoisted(() => new Set<string>());

vi.mock('node:process', () => ({ default: { versions: { node: '24.21.0' } } }));
// In Node 24, each argument that is bytes or an object in place of a KeyObject costs two exceptions, 11 µs.
vi.mock('node:crypto', async (importOriginal) => {
  const original = await importOriginal<typeof import('node:crypto')>();
  const recorded = <F extends (...args: never[]) => unknown>(at: number, run: F): F =>
    ((...args: never[]) => {
      const input: unknown = args[at];
      inputs.add(`${run.name} ${input instanceof original.KeyObject ? input.type : typeof input}`);
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

beforeEach(() => inputs.clear());

test('nodeHpke: gives Node 24 keys as text and KeyObjects, which it takes without exceptions', async () => {
  await agreesWithNoble(nodeHpke(), KEM.X25519);
  expect([...inputs].toSorted()).toEqual([
    'createCipheriv secret',
    'createDecipheriv secret',
    'createPrivateKey string',
    'createPublicKey private',
    'createPublicKey string',
  ]);
});

test('nodeHpke: encapsulates and decapsulates with X-Wing', async () => {
  await agreesWithNoble(nodeHpke(), KEM.X_WING);
  expect(inputs).toContain('createPublicKey string');
});

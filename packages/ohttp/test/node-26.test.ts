import { expect, test, vi } from 'vitest';
import { KEM } from '@sotto/ohttp';
import { agreesWithNoble } from './support.ts';

const refusals = vi.hoisted(() => ({ count: 0 }));

// From version 26 on, Node refuses a private JWK whose `x` is not the public key of `d`.
vi.mock('node:crypto', async (importOriginal) => {
  const original = await importOriginal<typeof import('node:crypto')>();
  const createPrivateKey = ((input: { format?: string; key: { x?: string; d?: string } }) => {
    if (input.format === 'jwk' && input.key.x === '') {
      refusals.count++;
      throw Object.assign(new TypeError('Invalid JWK'), { code: 'ERR_CRYPTO_INVALID_JWK' });
    }
    return original.createPrivateKey(input as never);
  }) as typeof original.createPrivateKey;
  return { ...original, createPrivateKey };
});
const { nodeHpke } = await import('@sotto/ohttp/node');

test.each([KEM.X25519, KEM.X_WING])(
  'N77 nodeHpke: encapsulates and decapsulates with KEM %i when Node refuses a JWK without its public key',
  async (kemId) => {
    expect(refusals.count).toBe(1); // checked once, when the module was loaded
    await agreesWithNoble(nodeHpke(), kemId);
    expect(refusals.count).toBe(1);
  },
);

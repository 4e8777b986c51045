import { expect, test, vi } from 'vitest';
import { decapsulateRequest, encapsulateRequest, KEM, loadGatewayKey } from '@sotto/ohttp';
import { nobleHpke } from '@sotto/ohttp/noble';
import { byId, AES, keyPair, random } from './support.ts';

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
    const hpke = nodeHpke();
    const { config, privateKey } = await keyPair(hpke, kemId);
    expect((await byId(nobleHpke().kems, kemId).load(privateKey)).publicKey).toEqual(config.publicKey);
    const key = await loadGatewayKey(hpke, { ...config, privateKey });
    const request = random(100);
    for (const sender of [hpke, nobleHpke()]) {
      const sent = await encapsulateRequest(sender, config, AES, request, random);
      expect((await decapsulateRequest(hpke, [key], sent.encapsulatedRequest)).request).toEqual(request);
    }
    expect(refusals.count).toBe(1);
  },
);

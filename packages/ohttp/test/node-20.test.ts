import { beforeEach, expect, test, vi } from 'vitest';
import { KEM } from '@sotto/ohttp';
import { agreesWithNoble } from './support.ts';

const formats = vi.hoisted(() => new Set<string>());

// Node before 24.7 has no `decapsulate`.
vi.mock('node:crypto', async (importOriginal) => {
  const original = await importOriginal<typeof import('node:crypto')>();
  const createPrivateKey = ((input: { format?: string }) => {
    formats.add(`private ${input.format}`);
    return original.createPrivateKey(input as never);
  }) as typeof original.createPrivateKey;
  return { ...original, createPrivateKey, decapsulate: undefined };
});
const { nodeHpke } = await import('@sotto/ohttp/node');

beforeEach(() => formats.clear());

test.each([KEM.X25519, KEM.X_WING])(
  'nodeHpke: encapsulates and decapsulates with KEM %i in a Node without `decapsulate`, with keys from JWKs',
  async (kemId) => {
    await agreesWithNoble(nodeHpke(), kemId);
    expect([...formats]).toEqual(['private jwk']); // DER takes ten times as long there
  },
);

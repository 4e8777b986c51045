import { describe, expect, test } from 'vitest';
import { nobleVoprf } from '../src/index.ts';
import { loadSodium } from '../src/sodium-node.ts';
import { sodiumVoprf, type RawSodium } from '../src/sodium.ts';
import { rfc9497 } from './rfc9497-cases.ts';
import { seeded } from './support.ts';

const GIVEN = { proofNonce: 'given' } as const;

const sodium = await loadSodium();
const voprf = sodiumVoprf(sodium, GIVEN);

describe('RFC 9497 Appendix A by libsodium', () => {
  rfc9497('sodium', voprf);
});

test('sodiumVoprf: one product with a secret for each element and two for the proof, one decoding for each element', async () => {
  const counts: Partial<Record<keyof RawSodium, number>> = {};
  const raw = new Proxy(sodium.raw, {
    get(target, name: keyof RawSodium) {
      counts[name] = (counts[name] ?? 0) + 1;
      return target[name];
    },
  });
  const counted = sodiumVoprf({ raw }, GIVEN);
  const key = await counted.generateKeyPair(seeded(1));
  const elements = await blinded(30);
  counts.ge25519_scalarmult = 0;
  counts.ristretto255_frombytes = 0;
  await counted.blindEvaluate(key, elements, seeded(3));
  expect(counts.ge25519_scalarmult).toBe(32);
  expect(counts.ristretto255_frombytes).toBe(30);
});

const blinded = async (count: number) => {
  const random = seeded(2);
  const blinds = await Promise.all(Array.from({ length: count }, () => voprf.blind(random(98), random)));
  return blinds.map(({ blindedElement }) => blindedElement);
};

test.each([1, 2, 30, 129])(
  'sodiumVoprf: a batch of %i has the same elements and the same proof as noble’s',
  async (count) => {
    const noble = nobleVoprf('ristretto255-SHA512', GIVEN);
    const key = await voprf.generateKeyPair(seeded(1));
    const elements = await blinded(count);
    const [ours, theirs] = await Promise.all(
      [voprf, noble].map((one) => one.blindEvaluate(key, elements, seeded(3))),
    );
    expect(ours).toEqual(theirs);
  },
);

import { describe, expect, test } from 'vitest';
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

test('sodiumVoprf: libsodium computes as many sums as it is told to, and noble the later ones, with the same result', async () => {
  let multiplications = 0;
  const raw = new Proxy(sodium.raw, {
    get(target, name: keyof RawSodium) {
      if (name === '_crypto_scalarmult_ristretto255') multiplications++;
      return target[name];
    },
  });
  const switching = sodiumVoprf({ raw, libsodiumSums: 2 }, GIVEN);
  const key = await switching.generateKeyPair(seeded(1));
  const random = seeded(2);
  const blinds = await Promise.all([1, 2, 3].map(() => switching.blind(random(98), random)));
  const elements = blinds.map(({ blindedElement }) => blindedElement);
  const counts: number[] = [];
  for (let batch = 0; batch < 4; batch++) {
    multiplications = 0;
    const evaluated = await switching.blindEvaluate(key, elements, seeded(3));
    expect(evaluated).toEqual(await voprf.blindEvaluate(key, elements, seeded(3)));
    counts.push(multiplications);
  }
  expect(counts).toEqual([8, 8, 5, 5]); // three elements, two of the proof, and three of a sum
});

import { expect, test } from 'vitest';
import { ristretto255Group, type RistrettoPoint } from '../src/noble-group.ts';
import { createVoprf } from '../src/protocol.ts';
import type { Group } from '../src/group.ts';
import { seeded } from './support.ts';

const COUNT = 6;

/** noble's group, which records each product with a secret, each sum, and each pause. */
function recorded() {
  const events: string[] = [];
  const noble = ristretto255Group();
  const group: Group<RistrettoPoint> = {
    ...noble,
    async load(scalar) {
      const secret = await noble.load(scalar);
      return {
        ...secret,
        multiply(element) {
          events.push('product');
          return secret.multiply(element);
        },
      };
    },
    combine(scalars, elements) {
      events.push('sum');
      return noble.combine(scalars, elements);
    },
  };
  const voprf = createVoprf(group, {
    async pause() {
      await new Promise((resolve) => setTimeout(resolve, 0));
      events.push('pause');
    },
  });
  return { voprf, take: () => events.splice(0) };
}

test('blind and finalize pause before every product and every sum over the batch, and an issuer never pauses', async () => {
  const { voprf, take } = recorded();
  const random = seeded(1);
  const key = await voprf.generateKeyPair(random);
  const inputs = Array.from({ length: COUNT }, () => random(98));
  take();
  const items = [];
  for (const input of inputs) items.push({ input, ...(await voprf.blind(input, random)) });
  expect(take()).toEqual(Array.from({ length: COUNT }, () => ['pause', 'product']).flat());

  const blinded = items.map(({ blindedElement }) => blindedElement);
  const { evaluatedElements, proof } = await voprf.blindEvaluate(key, blinded, random);
  expect(take()).not.toContain('pause');

  const evaluated = items.map((item, i) => ({
    ...item,
    evaluatedElement: evaluatedElements[i] ?? key.publicKey,
  }));
  await voprf.finalize(key.publicKey, evaluated, proof);
  const sums = ['pause', 'pause', 'sum', 'pause', 'sum', 'pause', 'sum', 'sum']; // the last two are of two elements
  expect(take()).toEqual([...sums, ...Array.from({ length: COUNT }, () => ['pause', 'product']).flat()]);
});

test('randomness is read in the order of the calls, with any pauses', async () => {
  const { voprf } = recorded();
  const input = seeded(2)(98);
  const drawn: number[] = [];
  const random = (of: number) => (length: number) => {
    drawn.push(of);
    return seeded(of)(length);
  };
  await Promise.all([1, 2, 3].map((of) => voprf.blind(input, random(of))));
  expect(drawn).toEqual([1, 2, 3]);
});

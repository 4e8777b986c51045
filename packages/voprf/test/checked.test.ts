import { expect, test } from 'vitest';
import { ristretto255Group } from '../src/noble-group.ts';
import { createVoprf } from '../src/protocol.ts';
import { seeded } from './support.ts';

const random = seeded(1);

/** A suite that counts the elements it decodes. */
function counted() {
  const group = ristretto255Group();
  const decoded = { elements: 0 };
  const deserialize: typeof group.deserialize = (bytes) => {
    decoded.elements++;
    return group.deserialize(bytes);
  };
  return { voprf: createVoprf({ ...group, deserialize }), decoded };
}

test('blindEvaluate does not decode elements again that isElement decoded', async () => {
  const { voprf, decoded } = counted();
  const key = await voprf.generateKeyPair(random);
  const inputs = Array.from({ length: 5 }, () => random(8));
  const items = await Promise.all(
    inputs.map(async (input) => ({ input, ...(await voprf.blind(input, random)) })),
  );
  const elements = items.map(({ blindedElement }) => blindedElement);
  expect(elements.every((element) => voprf.isElement(element))).toBe(true);
  const { evaluatedElements, proof } = await voprf.blindEvaluate(key, elements, random);
  expect(decoded.elements).toBe(5);
  const finished = items.map((item, i) => ({
    ...item,
    evaluatedElement: evaluatedElements[i] ?? random(32),
  }));
  const outputs = await voprf.finalize(key.publicKey, finished, proof);
  expect(outputs).toEqual(await Promise.all(inputs.map((input) => voprf.evaluate(key.secretKey, input))));
});

test('blindEvaluate decodes an element again when its bytes changed after isElement', async () => {
  const { voprf } = counted();
  const key = await voprf.generateKeyPair(random);
  const blinded = async () => (await voprf.blind(random(8), random)).blindedElement;
  const [element, other] = [await blinded(), await blinded()];
  const evaluated = async () => (await voprf.blindEvaluate(key, [element], random)).evaluatedElements;
  expect(voprf.isElement(element)).toBe(true);
  const first = await evaluated();
  element.set(other);
  expect(await evaluated()).not.toEqual(first);
  expect(await evaluated()).toEqual((await voprf.blindEvaluate(key, [other], random)).evaluatedElements);
  element.fill(0xff);
  await expect(evaluated()).rejects.toMatchObject({ code: 'bad-element' });
  expect(voprf.isElement(element)).toBe(false);
});

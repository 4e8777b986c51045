import type { Bytes } from '@sotto/wire';
import { expect, test } from 'vitest';
import { loadSodium } from '../src/sodium-node.ts';
import { sodiumVoprf, type RawSodium } from '../src/sodium.ts';
import { seeded } from './support.ts';

const { raw } = await loadSodium();

/** libsodium that records the memory allocated from it, and the operations that found no input there. */
function watched() {
  const areas: { readonly at: number; readonly length: number }[] = [];
  const used = new Set<string>();
  const empty: string[] = [];
  const leftovers = (): number =>
    areas.filter(({ at, length }) => raw.HEAPU8.subarray(at, at + length).some((byte) => byte !== 0)).length;
  const proxy = new Proxy(raw, {
    get(target, name: keyof RawSodium) {
      const value = target[name];
      if (typeof value !== 'function') return value;
      return (...args: number[]) => {
        const result = (value as (...args: number[]) => number)(...args);
        if (name === '_malloc') {
          areas.push({ at: result, length: args[0] ?? 0 });
          raw.HEAPU8.fill(0, result, result + (args[0] ?? 0));
        } else {
          used.add(name);
          if (leftovers() === 0) empty.push(name); // the test looks at the wrong memory
        }
        return result;
      };
    },
  });
  return {
    proxy,
    used,
    leftovers,
    withoutInput: () => empty.splice(0),
  };
}

test('libsodium: no operation leaves a byte of its input or output in the memory that we allocated', async () => {
  const { proxy, used, leftovers, withoutInput } = watched();
  const voprf = sodiumVoprf({ raw: proxy, libsodiumSums: Number.POSITIVE_INFINITY });
  const clean = <T>(result: T): T => {
    expect(leftovers()).toBe(0);
    expect(withoutInput()).toEqual([]);
    return result;
  };
  const random = seeded(1);
  const key = clean(await voprf.generateKeyPair(random));
  const input: Bytes = random(98);
  const drawn = clean(await voprf.blind(input, random));
  clean(voprf.isElement(drawn.blindedElement));
  clean(voprf.isElement(new Uint8Array(32).fill(0xff)));
  const { evaluatedElements, proof } = clean(
    await voprf.blindEvaluate(key, [drawn.blindedElement, key.publicKey], random),
  );
  expect(evaluatedElements).toHaveLength(2);
  const [evaluatedElement = input] = evaluatedElements;
  const one = await voprf.blindEvaluate(key, [drawn.blindedElement], random);
  clean(await voprf.finalize(key.publicKey, [{ input, ...drawn, evaluatedElement }], one.proof));
  clean(await voprf.evaluate(key.secretKey, input));
  expect(proof).toHaveLength(64);
  expect(used.size).toBe(10); // all operations of RawSodium
});

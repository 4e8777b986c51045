import type { Bytes } from '@sotto/wire';
import { expect, test } from 'vitest';
import { FUNCTIONS } from '../scripts/libsodium.ts';
import { loadSodium } from '../src/sodium-node.ts';
import { sodiumVoprf, type RawSodium } from '../src/sodium.ts';
import { seeded } from './support.ts';

const { raw } = await loadSodium();
const memory = new Uint8Array(raw.memory.buffer);
const OURS = 107_648; // libsodium's data and stack end here, and no function that we call allocates
const EMPTY = new Uint8Array(memory.length - OURS);

/** libsodium that records its operations, and those of them that found no input in our part of the memory. */
function watched() {
  const used = new Set<string>();
  const empty: string[] = [];
  const isEmpty = (): boolean => Buffer.from(raw.memory.buffer, OURS).equals(EMPTY);
  const proxy = new Proxy(
    { ...raw },
    {
      get(target, name: keyof RawSodium) {
        const value = target[name];
        if (typeof value !== 'function') return value;
        return (...args: number[]) => {
          const result = (value as (...args: number[]) => number)(...args);
          used.add(name);
          if (isEmpty()) empty.push(name); // the test looks at the wrong memory
          return result;
        };
      },
    },
  );
  return {
    proxy,
    used,
    isEmpty,
    withoutInput: () => empty.splice(0),
  };
}

test('libsodium’s stack ends where our part of its memory begins, and it has 4 MiB in all', async () => {
  const { default: wasm } = await import('../dist/libsodium.js');
  const bytes = Buffer.from(wasm, 'base64');
  const stackPointer = Buffer.from([0x7f, 0x01, 0x41, 0x80, 0xc9, 0x06, 0x0b]); // i32 mutable, i32.const 107648
  expect(bytes.includes(stackPointer)).toBe(true);
  expect(memory.length).toBe(2 ** 22);
});

test('libsodium: no operation leaves a byte of its input or output in our part of the memory', async () => {
  const { proxy, used, isEmpty, withoutInput } = watched();
  const voprf = sodiumVoprf({ raw: proxy });
  const clean = <T>(result: T): T => {
    expect(isEmpty()).toBe(true);
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
  expect([...used].toSorted()).toEqual(Object.keys(FUNCTIONS).toSorted()); // all operations of RawSodium
});

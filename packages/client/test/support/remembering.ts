import { concat, hex, type Bytes } from '@sotto/wire';
import type { Voprf } from '@sotto/voprf';

/**
 * Caches the results of calls with the randomness that they used, so that a repeated call is quick and uses
 * the same.
 */
export function remembering(voprf: Voprf): Voprf {
  const blinded = new Map<string, { made: ReturnType<Voprf['blind']>; drawn: readonly number[] }>();
  const finalized = new Map<string, Promise<Bytes[]>>();
  return {
    ...voprf,
    blind(input, random) {
      const known = blinded.get(hex(input));
      if (known !== undefined) {
        for (const length of known.drawn) random(length);
        return known.made;
      }
      const drawn: number[] = [];
      const made = voprf.blind(input, (length) => {
        drawn.push(length);
        return random(length);
      });
      blinded.set(hex(input), { made, drawn });
      return made;
    },
    finalize(publicKey, items, proof) {
      const parts = items.map(({ input, blind, blindedElement, evaluatedElement }) =>
        concat(input, blind, blindedElement, evaluatedElement),
      );
      const id = hex(concat(publicKey, ...parts, proof));
      const known =
        finalized.get(id) ?? Promise.resolve().then(() => voprf.finalize(publicKey, items, proof));
      finalized.set(id, known);
      return known;
    },
  };
}

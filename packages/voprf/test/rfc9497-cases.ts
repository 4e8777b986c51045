import { fromHex, hex } from '@sotto/wire';
import { expect, test } from 'vitest';
import vectors from '../../../specs/vectors/rfc9497-voprf.json' with { type: 'json' };
import type { Voprf } from '../src/index.ts';
import { replay, wide } from './support.ts';

/** Every VOPRF vector of RFC 9497 Appendix A for one suite, byte for byte, through one implementation. */
export function rfc9497(name: string, voprf: Voprf): void {
  for (const group of vectors.groups.filter(({ suite }) => suite === voprf.suite)) {
    const secretKey = fromHex(group.secretKey);
    const publicKey = fromHex(group.publicKey);

    test(`${name}: ${group.suite} the public key of RFC 9497's secret key`, async () => {
      expect(hex(await voprf.publicKey(secretKey))).toBe(group.publicKey);
      expect(await voprf.generateKeyPair(replay(wide(secretKey)))).toEqual({ secretKey, publicKey });
    });

    for (const [index, v] of group.cases.entries()) {
      const label = `${name}: ${group.suite} VOPRF vector ${index + 1}, a batch of ${v.count}`;
      const inputs = v.inputs.map(fromHex);

      test(`${label}: Blind`, async () => {
        for (const [i, input] of inputs.entries()) {
          const blind = v.blinds[i] ?? '';
          const blinded = await voprf.blind(input, replay(wide(fromHex(blind))));
          expect(hex(blinded.blind)).toBe(blind);
          expect(hex(blinded.blindedElement)).toBe(v.blindedElements[i]);
        }
      });

      test(`${label}: BlindEvaluate`, async () => {
        const random = replay(wide(fromHex(v.dleqNonceScalar)));
        const blinded = v.blindedElements.map(fromHex);
        const { evaluatedElements, proof } = await voprf.blindEvaluate(
          { secretKey, publicKey },
          blinded,
          random,
        );
        expect(evaluatedElements.map(hex)).toEqual(v.evaluatedElements);
        expect(hex(proof)).toBe(v.dleqProof);
      });

      test(`${label}: Finalize`, async () => {
        const items = inputs.map((input, i) => ({
          input,
          blind: fromHex(v.blinds[i] ?? ''),
          blindedElement: fromHex(v.blindedElements[i] ?? ''),
          evaluatedElement: fromHex(v.evaluatedElements[i] ?? ''),
        }));
        const outputs = await voprf.finalize(publicKey, items, fromHex(v.dleqProof));
        expect(outputs.map(hex)).toEqual(v.outputs);
      });

      test(`${label}: Evaluate`, async () => {
        for (const [i, input] of inputs.entries()) {
          expect(hex(await voprf.evaluate(secretKey, input))).toBe(v.outputs[i]);
        }
      });
    }
  }
}

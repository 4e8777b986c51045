import { concat, fromHex, hex, type Bytes } from '@sotto/wire';
import { expect, test } from 'vitest';
import vectors from '../../../specs/vectors/wycheproof-ecdh-p384.json' with { type: 'json' };
import type { Voprf } from '../src/index.ts';
import { seeded } from './support.ts';

const SIZE = 48; // bytes of a scalar and of a coordinate
const good = vectors.tests.filter(({ result }) => result !== 'invalid');
/** Valid points in encodings that the protocol does not allow. */
const long = good.filter((row) => row.public.length === 2 * (1 + 2 * SIZE));
const bad = vectors.tests.filter(({ result }) => result === 'invalid');

/** Wycheproof writes 04 x y, the protocol 02 x or 03 x. */
function compressed(point: string): Bytes {
  const bytes = fromHex(point);
  if (bytes.length !== 1 + 2 * SIZE) return bytes;
  const odd = (bytes.at(-1) ?? 0) & 1;
  return concat(Uint8Array.of(2 + odd), bytes.subarray(1, 1 + SIZE));
}

/** Wycheproof writes a private key as an integer. */
const scalar = (integer: string): Bytes =>
  fromHex(
    BigInt(`0x${integer}`)
      .toString(16)
      .padStart(2 * SIZE, '0'),
  );

/**
 * Runs Wycheproof's ECDH rows through one implementation of P384-SHA384: a secret times a peer's element.
 *
 * @param step - tests every step-th row, where the arithmetic is slow
 */
export function wycheproofEcdh(name: string, voprf: Voprf, step = 1): void {
  const taken = good.filter((_, i) => i % step === 0);
  test(`Wycheproof ECDH P-384: ${name}, the products of ${taken.length} rows`, async () => {
    const wrong: number[] = [];
    for (const integer of new Set(taken.map((row) => row.private))) {
      const rows = taken.filter((row) => row.private === integer);
      const secretKey = scalar(integer);
      const key = { secretKey, publicKey: await voprf.publicKey(secretKey) };
      const elements = rows.map((row) => compressed(row.public));
      const { evaluatedElements } = await voprf.blindEvaluate(key, elements, seeded(1));
      for (const [i, { tcId, shared }] of rows.entries()) {
        const x = evaluatedElements[i]?.subarray(1);
        if (x === undefined || hex(x) !== shared) wrong.push(tcId);
      }
    }
    expect(wrong).toEqual([]);
  });

  test(`Wycheproof ECDH P-384: ${name}, no element in ${bad.length} bad rows and ${long.length} long ones`, async () => {
    const key = await voprf.generateKeyPair(seeded(1));
    for (const { tcId, public: point } of [...bad, ...long]) {
      expect([tcId, voprf.isElement(fromHex(point))]).toEqual([tcId, false]);
    }
    for (const { public: point } of bad) {
      await expect(voprf.blindEvaluate(key, [fromHex(point)], seeded(2))).rejects.toThrow(
        expect.objectContaining({ code: 'bad-element' }),
      );
    }
  });
}

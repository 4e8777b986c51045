import { fromHex, hex, type Bytes } from '@sotto/wire';
import { expect, test } from 'vitest';
import vectors from '../../../specs/vectors/rfc9496.json' with { type: 'json' };
import type { Voprf } from '../src/index.ts';
import type { RawSodium } from '../src/sodium.ts';
import { scalarOf } from './elements.ts';

/** RFC 9496's vectors through one implementation; those of Appendix A.2 are in elements.ts. */
export function rfc9496(name: string, voprf: Voprf): void {
  test(`RFC 9496 A.1 the multiples of the generator: ${name}`, async () => {
    const [identity, ...multiples] = vectors.multiples;
    expect(voprf.isElement(fromHex(identity?.encoding ?? ''))).toBe(false); // VOPRF refuses the identity
    for (const { k, encoding } of multiples) {
      expect(hex(await voprf.publicKey(scalarOf(voprf, BigInt(k))))).toBe(encoding);
      expect(voprf.isElement(fromHex(encoding))).toBe(true);
    }
  });
}

/** The map from 64 uniform bytes to an element. */
export function rfc9496Map(name: string, map: (bytes: Bytes) => Bytes): void {
  test(`RFC 9496 A.3 elements of uniform bytes: ${name}, ${vectors.uniform.length} rows`, () => {
    const mapped = vectors.uniform.map(({ bytes }) => hex(map(fromHex(bytes))));
    expect(mapped).toEqual(vectors.uniform.map(({ encoding }) => encoding));
  });
}

export const sodiumMap =
  (raw: RawSodium) =>
  (bytes: Bytes): Bytes => {
    const memory = new Uint8Array(raw.memory.buffer);
    const out = memory.length - 1024; // nothing else is there
    memory.set(bytes, out + 32);
    raw.crypto_core_ristretto255_from_hash(out, out + 32);
    return memory.slice(out, out + 32);
  };

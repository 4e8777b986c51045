import { x25519 } from '@noble/curves/ed25519.js';
import { sha3_256 } from '@noble/hashes/sha3.js';
import { expect, test } from 'vitest';
import { KEM, type Hpke } from '@sotto/ohttp';
import { concat, fromHex, hex, utf8, type Bytes } from '@sotto/wire';
import decaps from '../../../specs/vectors/wycheproof-ml-kem-768-decaps.json' with { type: 'json' };
import encaps from '../../../specs/vectors/wycheproof-ml-kem-768-encaps.json' with { type: 'json' };
import { NOBLE_ML_KEM_768 } from '../src/parts/noble-parts.ts';
import type { LoadSeed } from './ml-kem-seeds.ts';
import { byId, codeOf, replay } from './support.ts';

const SK_X = new Uint8Array(32).fill(9); // the X25519 half, which Wycheproof's ML-KEM rows do not have
const CT_X = x25519.getPublicKey(SK_X);
const PK_X = x25519.getPublicKey(new Uint8Array(32).fill(8));

/** X-Wing's combiner (draft-connolly-cfrg-xwing-kem §5.3). */
function combined(K: string, pkX: Bytes): string {
  const ssX = x25519.getSharedSecret(SK_X, pkX);
  return hex(sha3_256(concat(fromHex(K), ssX, CT_X, pkX, utf8('\\.//^\\'))));
}

/** Wycheproof's public keys as the ML-KEM half of X-Wing public keys. */
export function wycheproofEncaps(name: string, hpke: Hpke): void {
  test(`Wycheproof ML-KEM-768 encapsulation: ${name}, ${encaps.tests.length} rows`, async () => {
    const kem = byId(hpke.kems, KEM.X_WING);
    const wrong: number[] = [];
    for (const row of encaps.tests) {
      let got = '';
      const code = await codeOf(async () => {
        const { enc, sharedSecret } = await kem.encap(
          concat(fromHex(row.ek), PK_X),
          replay(row.m + hex(SK_X)),
        );
        got = hex(enc) + hex(sharedSecret);
      });
      const right =
        row.result === 'valid' ? got === row.c + hex(CT_X) + combined(row.K ?? '', PK_X) : code === 'bad-key';
      if (!right) wrong.push(row.tcId);
    }
    expect(wrong).toEqual([]);
  });
}

/** Wycheproof's ciphertexts as the ML-KEM half of X-Wing ciphertexts, decapsulated with its seeds. */
export function wycheproofDecaps(name: string, load: LoadSeed): void {
  test(`Wycheproof ML-KEM-768 decapsulation: ${name}, ${decaps.tests.length} rows`, async () => {
    const wrong: number[] = [];
    for (const row of decaps.tests) {
      const { kem, key } = await load(fromHex(row.seed));
      let secret = '';
      const code = await codeOf(async () => {
        secret = hex(await kem.decap(concat(fromHex(row.c), CT_X), key));
      });
      const pkX = key.publicKey.subarray(-32);
      const right = row.result === 'valid' ? secret === combined(row.K ?? '', pkX) : code === 'open-failed';
      if (!right) wrong.push(row.tcId);
      if (row.ek === undefined) continue;
      const { publicKey } = await NOBLE_ML_KEM_768.load(fromHex(row.seed)); // every runtime's key generation
      if (hex(publicKey) !== row.ek) wrong.push(row.tcId);
    }
    expect(wrong).toEqual([]);
  });
}

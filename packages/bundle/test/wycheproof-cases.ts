import { fromHex } from '@sotto/wire';
import { expect, test } from 'vitest';
import ed25519 from '../../../specs/vectors/wycheproof-ed25519.json' with { type: 'json' };
import type { Ed25519Verify } from '../src/signed-bundle.ts';

/** Runs Wycheproof's signatures through a verifier. A malformed one must give false, not an error. */
export function wycheproofEd25519(name: string, verify: Ed25519Verify): void {
  for (const result of ['valid', 'invalid']) {
    const rows = ed25519.groups.flatMap(({ publicKey, tests }) =>
      tests.filter((row) => row.result === result).map((row) => ({ ...row, publicKey })),
    );
    test(`Wycheproof Ed25519: ${name}, ${rows.length} ${result} rows`, () => {
      const accepted = rows.filter(({ sig, msg, publicKey }) =>
        verify(fromHex(sig), fromHex(msg), fromHex(publicKey)),
      );
      expect(accepted).toEqual(result === 'valid' ? rows : []);
    });
  }
}

import { ristretto255_oprf } from '@noble/curves/ed25519.js';
import { p384_oprf } from '@noble/curves/nist.js';
import { fromHex, hex } from '@sotto/wire';
import { describe, expect, test } from 'vitest';
import vectors from '../../../specs/vectors/rfc9497-voprf.json' with { type: 'json' };
import { nobleVoprf } from '../src/index.ts';
import { tags } from '../src/transcript.ts';
import { rfc9497 } from './rfc9497-cases.ts';

const GIVEN = { proofNonce: 'given' } as const;

describe('RFC 9497 Appendix A in pure JavaScript', () => {
  rfc9497('noble', nobleVoprf('ristretto255-SHA512', GIVEN));
  rfc9497('noble', nobleVoprf('P384-SHA384', GIVEN));
});

const SUITES = { 'ristretto255-SHA512': ristretto255_oprf, 'P384-SHA384': p384_oprf } as const;

test.each(vectors.groups)('RFC 9497 Appendix A: the tag of $suite, and where its key comes from', (group) => {
  const suite = group.suite as keyof typeof SUITES;
  expect(hex(tags(suite).hashToGroup)).toBe(group.hashToGroupDst);
  // DeriveKeyPair (§3.2.1) is noble's, because our keys are never derived from a seed.
  const derived = SUITES[suite].voprf.deriveKeyPair(fromHex(group.keySeed), fromHex(group.keyInfo));
  expect([hex(derived.secretKey), hex(derived.publicKey)]).toEqual([group.secretKey, group.publicKey]);
});

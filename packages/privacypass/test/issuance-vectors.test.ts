import { nobleVoprf } from '@sotto/voprf';
import { ecdhVoprf } from '@sotto/voprf/ecdh';
import { sodiumVoprf } from '@sotto/voprf/sodium';
import { loadSodium } from '@sotto/voprf/sodium-node';
import { describe } from 'vitest';
import { issuanceVectors } from './issuance-cases.ts';

const GIVEN = { proofNonce: 'given' } as const;

const noble = { p384: nobleVoprf('P384-SHA384', GIVEN), r255: nobleVoprf('ristretto255-SHA512', GIVEN) };
const fast = { p384: ecdhVoprf(crypto.subtle, GIVEN), r255: sodiumVoprf(await loadSodium(), GIVEN) };

describe('issuance in Node', () => {
  issuanceVectors('noble', (type) => (type === 1 ? noble.p384 : noble.r255));
  issuanceVectors('fast', (type) => (type === 1 ? fast.p384 : fast.r255));
});

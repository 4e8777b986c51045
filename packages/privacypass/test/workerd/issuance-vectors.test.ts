import { ecdhVoprf } from '@sotto/voprf/ecdh';
import { sodiumVoprf } from '@sotto/voprf/sodium';
import { loadSodium } from '@sotto/voprf/sodium-workerd';
import { describe } from 'vitest';
import { issuanceVectors } from '../issuance-cases.ts';

const GIVEN = { proofNonce: 'given' } as const;

const p384 = ecdhVoprf(crypto.subtle, GIVEN);
const r255 = sodiumVoprf(await loadSodium(), GIVEN);

describe('issuance in workerd', () => {
  issuanceVectors('fast', (type) => (type === 1 ? p384 : r255));
});

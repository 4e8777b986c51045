import { ecdhVoprf } from '@sotto/voprf/ecdh';
import { sodiumVoprf } from '@sotto/voprf/sodium';
import { loadSodium } from '@sotto/voprf/sodium-workerd';
import { describe } from 'vitest';
import { issuanceVectors } from '../issuance-cases.ts';

const p384 = ecdhVoprf(crypto.subtle);
const r255 = sodiumVoprf(await loadSodium());

describe('issuance in workerd', () => {
  issuanceVectors('fast', (type) => (type === 1 ? p384 : r255));
});

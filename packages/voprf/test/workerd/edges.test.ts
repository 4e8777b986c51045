import { describe } from 'vitest';
import { ecdhVoprf } from '../../src/ecdh.ts';
import { loadSodium } from '../../src/sodium-workerd.ts';
import { sodiumVoprf } from '../../src/sodium.ts';
import { edges } from '../edges-cases.ts';
import { x25519Voprf } from '../x25519-voprf.ts';

const GIVEN = { proofNonce: 'given' } as const;

const sodium = await loadSodium();

describe('edges in workerd', () => {
  edges('sodium', sodiumVoprf(sodium, GIVEN), 6);
  edges('x25519', x25519Voprf(GIVEN), 6);
  edges('ecdh', ecdhVoprf(crypto.subtle, GIVEN), 4);
});

import { describe } from 'vitest';
import { nodeEcdhVoprf } from '../src/ecdh.node.ts';
import { ecdhVoprf } from '../src/ecdh.ts';
import { nobleVoprf } from '../src/index.ts';
import { loadSodium } from '../src/sodium-node.ts';
import { sodiumVoprf } from '../src/sodium.ts';
import { edges } from './edges-cases.ts';
import { x25519Voprf } from './x25519-voprf.ts';

const GIVEN = { proofNonce: 'given' } as const;

const sodium = await loadSodium();

describe('edges in Node', () => {
  edges('noble', nobleVoprf('ristretto255-SHA512', GIVEN), 6);
  edges('noble', nobleVoprf('P384-SHA384', GIVEN), 2);
  edges('sodium', sodiumVoprf(sodium, GIVEN), 12);
  edges('x25519', x25519Voprf(GIVEN), 6);
  edges('ecdh', ecdhVoprf(crypto.subtle, GIVEN), 2);
  edges('node:crypto', nodeEcdhVoprf(GIVEN), 3);
});

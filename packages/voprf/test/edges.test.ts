import { describe } from 'vitest';
import { nodeEcdhVoprf } from '../src/ecdh.node.ts';
import { ecdhVoprf } from '../src/ecdh.ts';
import { nobleVoprf } from '../src/index.ts';
import { loadSodium } from '../src/sodium-node.ts';
import { sodiumVoprf } from '../src/sodium.ts';
import { edges } from './edges-cases.ts';

const sodium = await loadSodium();

describe('edges in Node', () => {
  edges('noble', nobleVoprf('ristretto255-SHA512'), 6);
  edges('noble', nobleVoprf('P384-SHA384'), 2);
  edges('sodium', sodiumVoprf(sodium), 12);
  edges('sodium, sums by noble', sodiumVoprf({ ...sodium, sums: 'noble' }), 6);
  edges('ecdh', ecdhVoprf(crypto.subtle), 2);
  edges('node:crypto', nodeEcdhVoprf(), 3);
});

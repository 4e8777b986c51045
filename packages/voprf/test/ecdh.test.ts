import { describe } from 'vitest';
import { nodeEcdhVoprf } from '../src/ecdh.node.ts';
import { ecdhVoprf } from '../src/ecdh.ts';
import { rfc9497 } from './rfc9497-cases.ts';
import { x25519Voprf } from './x25519-voprf.ts';

const GIVEN = { proofNonce: 'given' } as const;

describe('RFC 9497 Appendix A by native ECDH and X25519', () => {
  rfc9497('ecdh', ecdhVoprf(crypto.subtle, GIVEN));
  rfc9497('node:crypto', nodeEcdhVoprf(GIVEN));
  rfc9497('x25519', x25519Voprf(GIVEN));
});

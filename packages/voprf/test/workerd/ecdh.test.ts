import { describe } from 'vitest';
import { ecdhVoprf } from '../../src/ecdh.ts';
import { rfc9497 } from '../rfc9497-cases.ts';

const GIVEN = { proofNonce: 'given' } as const;

describe('RFC 9497 Appendix A by native ECDH in workerd', () => {
  rfc9497('ecdh', ecdhVoprf(crypto.subtle, GIVEN));
});

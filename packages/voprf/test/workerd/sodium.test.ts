import { describe } from 'vitest';
import { loadSodium } from '../../src/sodium-workerd.ts';
import { sodiumVoprf } from '../../src/sodium.ts';
import { rfc9497 } from '../rfc9497-cases.ts';

const GIVEN = { proofNonce: 'given' } as const;

const sodium = await loadSodium();

describe('RFC 9497 Appendix A by libsodium in workerd', () => {
  rfc9497('sodium', sodiumVoprf(sodium, GIVEN));
});

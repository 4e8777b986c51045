import { describe } from 'vitest';
import { nodeEcdhVoprf } from '../src/ecdh.node.ts';
import { ecdhVoprf } from '../src/ecdh.ts';
import { rfc9497 } from './rfc9497-cases.ts';

describe('RFC 9497 Appendix A by native ECDH', () => {
  rfc9497('ecdh', ecdhVoprf(crypto.subtle));
  rfc9497('node:crypto', nodeEcdhVoprf());
});

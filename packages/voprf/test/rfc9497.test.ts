import { describe } from 'vitest';
import { nobleVoprf } from '../src/index.ts';
import { rfc9497 } from './rfc9497-cases.ts';

describe('RFC 9497 Appendix A in pure JavaScript', () => {
  rfc9497('noble', nobleVoprf('ristretto255-SHA512'));
  rfc9497('noble', nobleVoprf('P384-SHA384'));
});

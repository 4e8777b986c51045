import { concat, WireError, type Bytes } from '@sotto/wire';
import { KDF, type Kdf } from '../hpke.ts';

/** A runtime's HMAC-SHA256 of `a`, then `b`, then one byte. */
export type HmacSha256 = (key: Bytes, a: Bytes, b?: Bytes, counter?: number) => Bytes;

const Nh = 32; // bytes

/** HKDF-SHA256 (RFC 5869), at once: of a dozen HMACs in an exchange, a promise each would cost the most. */
export function hkdfSha256(hmac: HmacSha256): Kdf {
  return {
    id: KDF.HKDF_SHA256,
    Nh,
    extract: (salt, ikm) => hmac(salt, ikm),
    expand(prk, info, L) {
      let block = hmac(prk, info, undefined, 1);
      if (L <= Nh) return block.subarray(0, L);
      if (L > 255 * Nh) throw new WireError('out-of-range', 'more than HKDF gives'); // its counter is one byte
      const blocks = [block];
      for (let i = 2; i <= Math.ceil(L / Nh); i++) {
        block = hmac(prk, block, info, i);
        blocks.push(block);
      }
      return concat(...blocks).subarray(0, L);
    },
  };
}

import { concat, EMPTY, WireError, type Bytes } from '@sotto/wire';
import { KDF, type Expand, type Kdf } from '../hpke.ts';

/** A runtime's HMAC-SHA256 under one key: of `a`, then `b`, then one byte. */
export type Mac = (a: Bytes, b?: Bytes, counter?: number) => Bytes;

const Nh = 32; // bytes

/**
 * HKDF-SHA256 (RFC 5869), at once: of a dozen HMACs in an exchange, a promise each would cost the most.
 *
 * @param hmac - makes a key ready, for as many HMACs as follow
 */
export function hkdfSha256(hmac: (key: Bytes) => Mac): Kdf {
  const unsalted = hmac(EMPTY);
  const expander = (prk: Bytes): Expand => {
    const mac = hmac(prk);
    return (info, L) => {
      if (L > 255 * Nh) throw new WireError('out-of-range', 'more than HKDF gives'); // its counter is one byte
      let block = mac(info, undefined, 1);
      if (L === Nh) return block;
      if (L < Nh) return block.slice(0, L); // a view would move the block out of the heap: five times as dear
      const blocks = [block];
      for (let i = 2; i <= Math.ceil(L / Nh); i++) {
        block = mac(block, info, i);
        blocks.push(block);
      }
      return concat(...blocks).subarray(0, L);
    };
  };
  return {
    id: KDF.HKDF_SHA256,
    Nh,
    extract: (salt, ikm) => (salt.length === 0 ? unsalted(ikm) : hmac(salt)(ikm)),
    expand: (prk, info, L) => expander(prk)(info, L),
    expander,
  };
}

import { concat, EMPTY, WireError, type Bytes } from '@sotto/wire';
import { KDF, type OutputBytes, type Kdf, type Output } from '../hpke.ts';

/** HMAC-SHA256 under one key, of the concatenation of `a`, `b` and one byte. */
export type Mac = (a: Bytes, b?: Bytes, counter?: number) => Bytes;

const Nh = 32; // bytes

/**
 * Synchronous HKDF-SHA256 (RFC 5869): a promise for each of a dozen HMACs would cost more than the HMACs.
 *
 * @param hmac - loads a key for any number of HMACs
 */
export function hkdfSha256(hmac: (key: Bytes) => Mac): Kdf {
  const unsalted = hmac(EMPTY);
  const extract = (salt: Bytes, ikm: Bytes): Bytes => (salt.length === 0 ? unsalted : hmac(salt))(ikm);
  return {
    id: KDF.HKDF_SHA256,
    Nh,
    extract,
    expand: (prk, info, L) => expand(hmac(prk), { info, L }),
    derive<T extends readonly Output[]>(salt: Bytes, ikm: Bytes, outputs: T) {
      const mac = hmac(extract(salt, ikm));
      return outputs.map((output) => expand(mac, output)) as OutputBytes<T>;
    },
  };
}

/** HKDF-Expand (RFC 5869 §2.3), with the HMAC under the PRK. */
function expand(mac: Mac, { info, L }: Output): Bytes {
  if (L > 255 * Nh) throw new WireError('out-of-range', `HKDF gives at most ${255 * Nh} bytes`); // its counter is one byte
  let block = mac(info, undefined, 1);
  if (L === Nh) return block;
  if (L < Nh) return block.slice(0, L); // a view would move the block out of the heap and cost five times as much
  const blocks = [block];
  for (let i = 2; i <= Math.ceil(L / Nh); i++) {
    block = mac(block, info, i);
    blocks.push(block);
  }
  return concat(...blocks).subarray(0, L);
}

import { sha256 } from '@noble/hashes/sha2.js';
import { concat, uint, utf8, type Bytes, type Random } from '@sotto/wire';

/** Repeatable randomness: SHA-256 of a seed and a counter. */
export function seeded(seed: string): Random {
  let counter = 0;
  const block = (): Bytes => sha256(concat(utf8(seed), uint(4, counter++)));
  return (length) => {
    let bytes: Bytes = new Uint8Array(0);
    while (bytes.length < length) bytes = concat(bytes, block());
    return bytes.slice(0, length);
  };
}

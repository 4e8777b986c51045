import { concat, type Bytes } from './bytes.ts';
import { WireError } from './error.ts';
import { varintLength } from './reader.ts';

/**
 * Encodes `uintN` of `width` bytes in network byte order (RFC 8446 §3.3).
 *
 * @throws {WireError} `out-of-range` unless n is an integer from 0 to 2^(8*width) - 1, and at most 2^53 - 1
 */
export function uint(width: 1 | 2 | 4 | 8, n: number): Bytes {
  if (!Number.isSafeInteger(n) || n < 0 || n >= 2 ** (8 * width)) {
    throw new WireError('out-of-range', `not a uint${8 * width}`);
  }
  const bytes = new Uint8Array(width);
  for (let i = width - 1, rest = n; i >= 0; i--, rest = Math.floor(rest / 256)) bytes[i] = rest % 256;
  return bytes;
}

/**
 * Encodes `opaque<0..2^(8*width)-1>` (RFC 8446 §3.4): a length of `width` bytes, then the bytes.
 *
 * @throws {WireError} `out-of-range` when there are too many bytes
 */
export function vector(width: 1 | 2 | 4, bytes: Uint8Array): Bytes {
  return concat(uint(width, bytes.length), bytes);
}

/**
 * Encodes the shortest variable-length integer (RFC 9000 §16).
 *
 * @throws {WireError} `out-of-range` unless n is an integer from 0 to 2^53 - 1
 */
export function varint(n: number): Bytes {
  if (!Number.isSafeInteger(n) || n < 0)
    throw new WireError('out-of-range', 'not an integer from 0 to 2^53 - 1');
  const width = varintLength(n);
  const bytes = uint(width, n);
  bytes[0] = (bytes[0] ?? 0) | (Math.log2(width) << 6);
  return bytes;
}

import { SearchError } from './error.ts';

const decoder = new TextDecoder();

/** Reads fields from bytes, one after another. A read past the end throws `corrupt-index`. */
export class Reader {
  readonly bytes: Uint8Array;
  at: number;

  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  /** An unsigned LEB128 integer below 2^31. */
  varint(): number {
    const first = this.bytes[this.at++] ?? 0x80;
    if (first < 0x80) return first;
    let value = first & 0x7f;
    for (let shift = 7; shift < 35; shift += 7) {
      const byte = this.bytes[this.at++];
      if (byte === undefined) break;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80 && value >= 0) return value;
    }
    throw new SearchError('corrupt-index', `no integer at offset ${this.at}`);
  }

  /** The next `length` bytes: a view, not a copy. */
  slice(length: number): Uint8Array {
    const from = this.at;
    if (from + length > this.bytes.length) throw new SearchError('corrupt-index', 'truncated');
    this.at += length;
    return this.bytes.subarray(from, this.at);
  }

  /** A length in bytes, then that many bytes of UTF-8. */
  text(): string {
    return decoder.decode(this.slice(this.varint()));
  }
}

/**
 * FNV-1a over 4-byte words, with the upper half of the state folded into the lower one after each; 32 bits.
 * It detects a truncated or damaged file, not a forged one. A change of any single word changes it.
 */
export function checksum(bytes: Uint8Array, from: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let hash = 0x811c9dc5 ^ bytes.length;
  let at = from;
  for (; at + 4 <= bytes.length; at += 4) {
    hash = Math.imul(hash ^ view.getInt32(at, true), 0x01000193);
    hash ^= hash >>> 15;
  }
  for (; at < bytes.length; at++) hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x01000193);
  return hash >>> 0;
}

/**
 * Opens a file of a built catalogue: checks its magic number and checksum, and returns a reader of its
 * fields.
 *
 * @throws {SearchError} `corrupt-index`
 */
export function openFramed(bytes: Uint8Array, magic: number): Reader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 8 || view.getUint32(0, true) !== magic) {
    throw new SearchError('corrupt-index', 'a file of another kind or format');
  }
  if (view.getUint32(4, true) !== checksum(bytes, 8)) throw new SearchError('corrupt-index', 'damaged');
  return new Reader(bytes, 8);
}

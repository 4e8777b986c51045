/** Every way in which search can fail; `code` is safe to switch on. */
export class SearchError extends Error {
  readonly code: 'corrupt-index' | 'unknown-locale' | 'unknown-pack';

  constructor(code: SearchError['code'], message: string) {
    super(message);
    this.name = 'SearchError';
    this.code = code;
  }
}

const decoder = new TextDecoder();

/** A place in the bytes of an index. Reads past the end throw `corrupt-index`. */
export class Cursor {
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
      if (byte < 0x80) return value;
    }
    throw new SearchError('corrupt-index', `no integer at offset ${this.at}`);
  }

  /** The next `length` bytes: a view, not a copy. */
  slice(length: number): Uint8Array {
    const from = this.at;
    if (from + length > this.bytes.length) throw new SearchError('corrupt-index', 'cut short');
    this.at += length;
    return this.bytes.subarray(from, this.at);
  }

  /** A length in bytes and as many bytes of UTF-8. */
  text(): string {
    return decoder.decode(this.slice(this.varint()));
  }
}

/**
 * FNV-1a over words of four bytes with what is above the middle brought down, 32 bits: shows a file cut or
 * damaged, not one that was forged. No one word can change without it.
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

import type { Bytes } from './bytes.ts';
import { WireError } from './error.ts';

/** A cursor over bytes. Every read advances past one whole field, or throws `truncated` and does not move. */
export class Reader {
  readonly #bytes: Bytes;
  #at = 0;

  constructor(bytes: Bytes) {
    this.#bytes = bytes;
  }

  /** Bytes not yet read. */
  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  /** Bytes read so far. */
  get offset(): number {
    return this.#at;
  }

  /**
   * `opaque field[length]`: a view of the input, not a copy.
   *
   * @param field - its name, for the error message
   * @throws {WireError} `truncated`
   */
  opaque(length: number, field: string): Bytes {
    const from = this.#advance(length, field);
    return this.#bytes.subarray(from, this.#at);
  }

  /** Moves past `length` bytes and returns the offset of the first. */
  #advance(length: number, field: string): number {
    if (length > this.remaining) {
      const have = `have ${this.remaining} at offset ${this.#at}`;
      throw new WireError('truncated', `${field}: need ${length} bytes, ${have}`);
    }
    const from = this.#at;
    this.#at += length;
    return from;
  }

  /** The big-endian number in the next `width` bytes, with `n` as its high-order digits. */
  #digits(n: number, width: number, field: string): number {
    let number = n;
    for (let at = this.#advance(width, field); at < this.#at; at++) {
      number = number * 256 + (this.#bytes[at] ?? 0);
    }
    return safe(number, field);
  }

  /**
   * `uintN field` of `width` bytes in network byte order (RFC 8446 §3.3).
   *
   * @throws {WireError} `truncated`; `out-of-range` when a uint64 is above 2^53 - 1
   */
  uint(width: 1 | 2 | 4 | 8, field: string): number {
    return this.#digits(0, width, field);
  }

  /**
   * `opaque field<0..2^(8*width)-1>` (RFC 8446 §3.4), as a reader of its contents.
   *
   * @throws {WireError} `truncated`
   */
  vector(width: 1 | 2 | 4, field: string): Reader {
    return new Reader(this.opaque(this.uint(width, `${field}.length`), field));
  }

  /**
   * A variable-length integer (RFC 9000 §16) in any of its four widths.
   *
   * @throws {WireError} `truncated`; `out-of-range` above 2^53 - 1
   */
  varint(field: string): number {
    const first = this.#digits(0, 1, field);
    return this.#digits(first & 63, (1 << (first >> 6)) - 1, field);
  }

  /**
   * A variable-length integer in its shortest form, as draft-ietf-privacypass-batched-tokens requires.
   *
   * @throws {WireError} `truncated`, `out-of-range`, `not-minimal`
   */
  minimalVarint(field: string): number {
    const from = this.#at;
    const n = this.varint(field);
    if (this.#at - from !== varintLength(n)) {
      throw new WireError('not-minimal', `${field}: not the shortest form at offset ${from}`);
    }
    return n;
  }

  /** The remaining bytes: a view of the input. */
  rest(): Bytes {
    return this.opaque(this.remaining, 'rest');
  }

  /**
   * Checks that nothing remains. Call it after the last field of a struct.
   *
   * @throws {WireError} `trailing`
   */
  end(struct: string): void {
    if (this.remaining > 0) {
      throw new WireError('trailing', `${struct}: ${this.remaining} bytes after the end`);
    }
  }
}

function safe(n: number, field: string): number {
  if (n > Number.MAX_SAFE_INTEGER) throw new WireError('out-of-range', `${field}: above 2^53 - 1`);
  return n;
}

/** The length in bytes of the shortest varint of n: 1, 2, 4 or 8 (RFC 9000 §16). */
export function varintLength(n: number): 1 | 2 | 4 | 8 {
  if (n < 2 ** 6) return 1;
  if (n < 2 ** 14) return 2;
  return n < 2 ** 30 ? 4 : 8;
}

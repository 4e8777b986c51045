import { EMPTY, type Bytes } from '@sotto/wire';
import { OhttpError } from './error.ts';

/** Reads the next piece of a stream; null at its end. */
export type Pull = () => Promise<Bytes | null>;

/**
 * A generator as a pull. Overlapping calls resolve in order. After an error every call throws the same error, so that
 * no plaintext follows it, and it is not mistaken for the end of the stream.
 */
export function pullOf(generator: AsyncGenerator<Bytes, void>): Pull {
  let failure: { readonly error: unknown } | null = null;
  return async () => {
    try {
      const { value } = await generator.next();
      if (failure === null) return value ?? null;
    } catch (error) {
      failure ??= { error };
    }
    throw failure.error;
  };
}

const MIN_BUFFER = 1024; // bytes

/** A cursor over a stream. It holds one piece of the source, and the bytes of the current read. */
export class StreamReader {
  readonly #source: Pull;
  #piece: Bytes = EMPTY;
  #ended = false; // a source that ended is not read again

  constructor(source: Pull) {
    this.#source = source;
  }

  /** Some bytes, at most `limit`; none at the stream's end. */
  async #some(limit: number): Promise<Bytes> {
    while (this.#piece.length === 0 && !this.#ended) {
      const piece = await this.#source();
      this.#ended = piece === null;
      this.#piece = piece ?? EMPTY;
    }
    const some = this.#piece.subarray(0, limit);
    this.#piece = this.#piece.subarray(some.length);
    return some;
  }

  /** The next `limit` bytes, or fewer at the end of the stream. The buffer grows as bytes arrive, not by `limit`. */
  async #collect(limit: number): Promise<Bytes> {
    const first = await this.#some(limit);
    if (first.length === limit) return first;
    let buffer = new Uint8Array(Math.min(limit, Math.max(2 * first.length, MIN_BUFFER)));
    buffer.set(first);
    let length = first.length;
    while (length < limit) {
      const some = await this.#some(limit - length);
      if (some.length === 0) break;
      if (length + some.length > buffer.length) {
        const larger = new Uint8Array(Math.min(limit, Math.max(2 * buffer.length, length + some.length)));
        larger.set(buffer.subarray(0, length));
        buffer = larger;
      }
      buffer.set(some, length);
      length += some.length;
    }
    return buffer.subarray(0, length);
  }

  /** Reads exactly `length` bytes. @throws {OhttpError} `truncated` when the stream ends before */
  async take(length: number): Promise<Bytes> {
    const bytes = await this.#collect(length);
    if (bytes.length < length) {
      throw new OhttpError('truncated', `the stream ends ${length - bytes.length} bytes early`);
    }
    return bytes;
  }

  /**
   * A variable-length integer (RFC 9000 §16) of any width. A value above 2^53 is rounded, because it is above every
   * limit anyway.
   */
  async varint(): Promise<number> {
    const first = (await this.take(1))[0] ?? 0;
    let n = first & 63;
    const width = 1 << (first >> 6); // bytes
    if (width === 1) return n;
    for (const byte of await this.take(width - 1)) n = n * 256 + byte;
    return n;
  }

  /** Reads to the end of the stream. @throws {OhttpError} `chunk-too-large` above `limit` bytes */
  async rest(limit: number): Promise<Bytes> {
    const bytes = await this.#collect(limit + 1);
    if (bytes.length > limit)
      throw new OhttpError('chunk-too-large', `the final chunk is over ${limit} bytes`);
    return bytes;
  }
}

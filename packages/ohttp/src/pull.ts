import { EMPTY, type Bytes } from '@sotto/wire';
import { OhttpError } from './error.ts';

/** Reads the next piece of a stream; null at its end. */
export type Pull = () => Promise<Bytes | null>;

/**
 * A generator as a pull. Overlapping calls resolve in order. After an error every call throws the same error, so that
 * no plaintext follows it and nobody takes it for the end of the stream.
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

  /** Reads exactly `length` bytes. @throws {OhttpError} `truncated` when the stream ends before */
  async take(length: number): Promise<Bytes> {
    const first = await this.#some(length);
    if (first.length === length) return first;
    const whole = new Uint8Array(length);
    whole.set(first);
    for (let at = first.length; at < length;) {
      const some = await this.#some(length - at);
      if (some.length === 0) throw new OhttpError('truncated', `the stream ends ${length - at} bytes early`);
      whole.set(some, at);
      at += some.length;
    }
    return whole;
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
    const whole = new Uint8Array(limit);
    let at = 0;
    for (;;) {
      const some = await this.#some(limit - at + 1);
      if (some.length === 0) return whole.subarray(0, at);
      if (at + some.length > limit)
        throw new OhttpError('chunk-too-large', `final chunk over ${limit} bytes`);
      whole.set(some, at);
      at += some.length;
    }
  }
}

import { concat, EMPTY, Reader, WireError, type Bytes } from '@sotto/wire';
import {
  bhttpError,
  readRequestHead,
  readResponseHead,
  readTrailers,
  type RequestHead,
  type ResponseHead,
} from './decode.ts';
import { BhttpError } from './error.ts';
import { MAX_FIELD_SECTION, type Field } from './message.ts';

const MAX_PART = 2 * MAX_FIELD_SECTION; // bytes that are held until a part is whole

/** Reads the next piece of a stream; null at its end. */
type Pull = () => Promise<Bytes | null>;

/** The rest of a message whose head has arrived. */
interface Rest {
  /**
   * The next piece of the content, as it arrives; null once the whole message is valid. Overlapping calls resolve in order. An
   * error is final.
   */
  readonly content: Pull;
  /** The trailers, once `content` has returned null. */
  readonly trailers: () => readonly Field[];
}

/** A request whose head has arrived and whose content is still arriving. */
export interface RequestStream extends RequestHead, Rest {}

/** A response whose head has arrived and whose content is still arriving. */
export interface ResponseStream extends ResponseHead, Rest {}

/**
 * Decodes a request of either framing while it arrives (RFC 9292 §3.1, §3.2). It holds the head, and afterwards one
 * piece of the source.
 *
 * @param length - the most bytes of the whole message. Content that must exceed it is refused before its
 *   first byte
 * @throws {BhttpError} as `decodeRequest`, here or from `content`; what `source` throws
 */
export function decodeRequestStream(source: Pull, length: number): Promise<RequestStream> {
  return decodeStream(source, length, readRequestHead);
}

/** Decodes a response while it arrives, as `decodeRequestStream` does. @throws {BhttpError} as `decodeResponse` */
export function decodeResponseStream(source: Pull, length: number): Promise<ResponseStream> {
  return decodeStream(source, length, readResponseHead);
}

async function decodeStream<Head extends { readonly known: boolean }>(
  source: Pull,
  length: number,
  readHead: (r: Reader, ended: boolean) => Head,
): Promise<Head & Rest> {
  const input = new Input(source, length);
  const head = await input.parse(readHead);
  const pieces = contentOf(input, head.known);
  let trailers: readonly Field[] = [];
  let failure: { readonly error: unknown } | null = null;
  return {
    ...head,
    trailers: () => trailers,
    async content() {
      try {
        const next = await pieces.next();
        if (failure === null && next.done !== true) return next.value;
        if (next.done === true) trailers = next.value ?? trailers; // a generator returns its value once
      } catch (error) {
        failure ??= { error };
      }
      if (failure !== null) throw failure.error; // also to a call that was made before
      return null;
    },
  };
}

/** Content, trailers and padding. Returns the trailers. */
async function* contentOf(input: Input, known: boolean): AsyncGenerator<Bytes, readonly Field[]> {
  for (let first = true; ; first = false) {
    // Before its first byte, content may be cut off (RFC 9292 §3.8).
    if (first && !(await input.hasMore())) return [];
    let left = await input.parse((r) => r.varint('content length'));
    if (left > input.left) throw new BhttpError('truncated', 'the content is longer than the message');
    if (left === 0 && !known) break;
    while (left > 0) {
      const some = await input.some(left);
      left -= some.length;
      yield some;
    }
    if (known) break;
  }
  if (!(await input.hasMore())) return []; // trailers may be cut off
  const trailers = await input.parse((r, ended) => readTrailers(r, known, ended));
  while (await input.hasMore()) {
    for (const byte of await input.some(Infinity)) {
      if (byte !== 0) throw new BhttpError('bad-padding', 'the padding has a byte other than zero');
    }
  }
  return trailers;
}

/** The bytes that have arrived and are not yet read. */
class Input {
  readonly #source: Pull;
  #bytes: Bytes = EMPTY;
  #ended = false;
  /** Bytes that may still be read. */
  left: number;

  constructor(source: Pull, left: number) {
    this.#source = source;
    this.left = left;
  }

  /** Parses a part from its start, again whenever more bytes have arrived, until it is whole. */
  async parse<T>(read: (r: Reader, ended: boolean) => T): Promise<T> {
    for (;;) {
      try {
        const r = new Reader(this.#bytes);
        const part = read(r, this.#ended);
        this.#skip(r.offset);
        return part;
      } catch (error) {
        if (!(error instanceof WireError)) throw error;
        if (this.#bytes.length > MAX_PART) throw new BhttpError('fields-too-large', 'a part is too long');
        if (error.code !== 'truncated' || this.#ended) throw bhttpError(error);
        await this.#more(); // at the end, the part is parsed once more: it may be cut off
      }
    }
  }

  /** Whether there is another byte. */
  async hasMore(): Promise<boolean> {
    return this.#bytes.length > 0 || (await this.#more());
  }

  /** Some bytes, at most `limit`. @throws {BhttpError} `truncated` at the end */
  async some(limit: number): Promise<Bytes> {
    if (!(await this.hasMore())) throw new BhttpError('truncated', 'the message ends within its content');
    const some = this.#bytes.subarray(0, limit);
    this.#skip(some.length);
    return some;
  }

  #skip(length: number): void {
    this.#bytes = this.#bytes.subarray(length);
    this.left -= length;
  }

  /** Waits for more bytes. Returns false at the end. */
  async #more(): Promise<boolean> {
    while (!this.#ended) {
      const piece = await this.#source();
      if (piece === null) this.#ended = true;
      else if (piece.length > 0) {
        this.#bytes = this.#bytes.length === 0 ? piece : concat(this.#bytes, piece);
        if (this.#bytes.length > this.left)
          throw new BhttpError('too-long', 'the message is longer than its length');
        return true;
      }
    }
    return false;
  }
}

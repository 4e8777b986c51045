import { HttpError, withDeadline } from '@sotto/http';
import type { Bytes } from '@sotto/wire';

/** Reads a body piece by piece, so that no more than one piece of it is held. */
export class ByteSource {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #deadline: AbortSignal;
  #buffer = new Uint8Array(0);

  /** @param deadline - aborts when the time for the whole body is over */
  constructor(body: ReadableStream<Uint8Array>, deadline: AbortSignal) {
    this.#reader = body.getReader();
    this.#deadline = deadline;
  }

  /**
   * The next bytes; null when the body ends before.
   *
   * @throws {HttpError} `request-timeout`, or `bad-request` when the peer breaks off or the encoding is wrong
   */
  async take(length: number): Promise<Bytes | null> {
    const pieces: Uint8Array[] = [this.#buffer];
    let have = this.#buffer.length;
    while (have < length) {
      const value = await this.#read();
      if (value === null) {
        this.#buffer = joined(pieces, have);
        return null;
      }
      pieces.push(value);
      have += value.length;
    }
    const all = joined(pieces, have);
    this.#buffer = all.subarray(length);
    return all.slice(0, length);
  }

  /** Gives up the rest of the body. */
  async cancel(): Promise<void> {
    await this.#reader.cancel().catch(() => {});
  }

  async #read(): Promise<Uint8Array | null> {
    try {
      const { done, value } = await withDeadline(this.#deadline, this.#reader.read());
      return done ? null : value;
    } catch (error) {
      if (error instanceof HttpError) throw error;
      throw new HttpError('bad-request', { cause: error });
    }
  }
}

function joined(pieces: readonly Uint8Array[], length: number): Bytes {
  const [only] = pieces;
  if (only !== undefined && pieces.length === 1) return only as Bytes;
  const all = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

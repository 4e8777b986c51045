import { declaredLength } from './content-length.ts';
import { HttpError } from './error.ts';
import { withDeadline } from './signal.ts';

/** Limits on the length of a body, and on the time to read it. */
export interface BodyLimits {
  readonly maxBytes: number;
  /** Aborts when the time for the whole body is over. */
  readonly deadline: AbortSignal;
}

const FIRST_BUFFER = 16 * 1024; // bytes, for a body without Content-Length
const LARGEST_FIRST_BUFFER = 128 * 1024; // bytes, whatever the Content-Length of a request says

type Piece = Uint8Array<ArrayBuffer>;

/** The part of a `Response` that services use of each response to a request of their own. */
export type FetchedResponse = Pick<Response, 'status' | 'headers' | 'arrayBuffer'> & {
  readonly body: ReadableStream<Uint8Array> | null;
};

/** A request or a response. The body of one that has no `arrayBuffer` is read as a stream. */
type Message = Pick<FetchedResponse, 'headers' | 'body'> & Partial<Pick<FetchedResponse, 'arrayBuffer'>>;

/**
 * Reads a whole body, never more than one chunk over `maxBytes`.
 *
 * Content-Length is used to refuse a body early, for the size of the first buffer, and for the end. The limit also
 * applies to the bytes that arrive.
 *
 * @throws {HttpError} `bad-request` if Content-Length is malformed or not the length of the body, or if the peer closes
 *   the connection early; `content-too-large`; `request-timeout`
 */
export async function readBody(message: Message, { maxBytes, deadline }: BodyLimits): Promise<Piece> {
  const declared = declaredLength(message.headers, maxBytes);
  if (declared !== undefined && message.arrayBuffer) {
    return readDeclared(message.arrayBuffer(), declared, deadline);
  }
  if (message.body === null) return new Uint8Array(0);
  return collect(
    message.body,
    maxBytes,
    deadline,
    declared,
    Math.min(declared ?? FIRST_BUFFER, LARGEST_FIRST_BUFFER),
  );
}

/**
 * Waits for a body that the platform reads, in one call and without the streams of JavaScript, which cost more than the
 * bytes. HTTP ends a message at its declared length (RFC 9112 §6.3), so the platform reads no further. After the deadline it
 * reads on until the exchange ends: refuse it, and abort a request of your own.
 */
async function readDeclared(
  reading: Promise<ArrayBuffer>,
  declared: number,
  deadline: AbortSignal,
): Promise<Piece> {
  try {
    const body = new Uint8Array(await withDeadline(deadline, reading));
    if (body.length === declared) return body;
  } catch (cause) {
    throw new HttpError(deadline.aborted ? 'request-timeout' : 'bad-request', { cause });
  }
  throw new HttpError('bad-request');
}

/**
 * Collects a stream, cancelling it as soon as it is too long or too late.
 *
 * One buffer grows with what arrives: a body in single bytes costs no more than one in large chunks.
 *
 * A body that has reached its declared length is complete, as HTTP says (RFC 9112 §6.3): the end of the stream is not
 * waited for, and what has arrived before is not either: each would cost another turn of the event loop. A body that ends before
 * or after its declared length is refused.
 *
 * @param declared - the Content-Length of the message, if it has one. The limit also applies to the bytes that arrive
 * @param firstBuffer - bytes of the first buffer
 */
export async function collect(
  stream: ReadableStream<Uint8Array>,
  maxBytes: number,
  deadline: AbortSignal,
  declared?: number,
  firstBuffer: number = declared ?? LARGEST_FIRST_BUFFER,
): Promise<Piece> {
  const reader = readerOf(stream);
  const late = (): void => void reader.cancel().catch(() => {}); // ends the pending read
  deadline.addEventListener('abort', late, { once: true });
  // One byte more than the limit, so that a body over the limit is noticed.
  let buffer = new Uint8Array(Math.min(firstBuffer, maxBytes) + 1);
  let length = 0;
  try {
    for (;;) {
      if (deadline.aborted) throw new HttpError('request-timeout');
      const view = buffer.subarray(length);
      const { done, value } = declared
        ? await reader.read(view, { min: Math.min(declared - length, view.length) })
        : await reader.read(view);
      if (deadline.aborted) throw new HttpError('request-timeout');
      if (value === undefined) break;
      if (value.buffer !== buffer.buffer) buffer = new Uint8Array(value.buffer); // the same memory, handed back
      if (done) break;
      length += value.length;
      if (length > maxBytes) throw new HttpError('content-too-large');
      if (declared !== undefined && length >= declared) break;
      if (length === buffer.length) buffer = grown(buffer, maxBytes + 1);
    }
    if (declared !== undefined && length !== declared) throw new HttpError('bad-request');
  } catch (error) {
    late();
    if (error instanceof HttpError) throw error;
    // A pending read may also end in an error when it is cancelled, as in workerd.
    throw new HttpError(deadline.aborted ? 'request-timeout' : 'bad-request', { cause: error });
  } finally {
    deadline.removeEventListener('abort', late);
  }
  return buffer.subarray(0, length);
}

interface ViewReader {
  /**
   * Fills part of a view, of a byte stream at least `min` bytes unless it ends. The call takes over the view's memory, and its result
   * returns that memory.
   */
  read(
    view: Piece,
    options?: { readonly min: number },
  ): Promise<{ readonly done: boolean; readonly value?: Piece | undefined }>;
  cancel(): Promise<void>;
}

/**
 * A BYOB reader where the stream supports it: the platform writes all available bytes into our memory. The
 * default reader of workerd returns pieces of 4 KiB.
 */
function readerOf(stream: ReadableStream<Uint8Array>): ViewReader {
  try {
    return stream.getReader({ mode: 'byob' });
  } catch {
    return copying(stream.getReader());
  }
}

function copying(reader: ReadableStreamDefaultReader<Uint8Array>): ViewReader {
  let left: Uint8Array = new Uint8Array(0);
  return {
    async read(view) {
      while (left.length === 0) {
        const { done, value } = await reader.read();
        if (done) return { done };
        left = value;
      }
      const value = view.subarray(0, left.length);
      value.set(left.subarray(0, value.length));
      left = left.subarray(value.length);
      return { done: false, value };
    },
    cancel: () => reader.cancel(),
  };
}

function grown(buffer: Piece, maxBytes: number): Piece {
  const larger = new Uint8Array(Math.min(maxBytes, 2 * buffer.length));
  larger.set(buffer);
  return larger;
}

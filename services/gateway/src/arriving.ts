import { BhttpError, decodeRequestStream, type BhttpRequest, type RequestStream } from '@sotto/bhttp';
import type { Pull } from '@sotto/ohttp';
import { EMPTY, type Bytes } from '@sotto/wire';
import { InnerError } from './problem.ts';

/** A request whose head has arrived, and whose content is passed on as it arrives. */
export interface ArrivingRequest {
  /** The request without content. */
  readonly head: BhttpRequest;
  /** The content. It ends only when the whole request has arrived and is valid. */
  readonly content: ReadableStream<Uint8Array>;
  /**
   * Aborts before the content fails. Code that forwards the content must watch this signal, because workerd
   * ends a body that fails as if it were complete. It does so even then if the response has begun
   * (specs/deployment.md, "Streams").
   */
  readonly broken: AbortSignal;
  /** Resolves when the whole request has arrived and is valid. Rejects with its error. */
  readonly whole: Promise<void>;
  /** Reads to the end without passing anything on. Content that has not ended fails. */
  readonly discard: () => void;
}

/** A received request: all of its bytes, or its head and the content that follows. */
export type ReceivedRequest = Bytes | ArrivingRequest;

/**
 * Receives a Binary HTTP request: the head if `streams` returns true for it, else all of it.
 *
 * @param streams - whether the content of a request in indeterminate-length framing is passed on as it arrives
 * @param maxBytes - of the whole message
 */
export async function receive(
  source: Pull,
  streams: (head: RequestStream) => boolean,
  maxBytes: number,
): Promise<ReceivedRequest> {
  const seen: Bytes[] = [];
  let isDecided = false;
  const recording: Pull = async () => {
    const piece = await source();
    if (!isDecided && piece !== null) seen.push(piece);
    return piece;
  };
  const stream = await decodeRequestStream(recording, maxBytes).catch((error: unknown) => {
    if (error instanceof BhttpError) return null; // refused when all of it has arrived
    throw error;
  });
  isDecided = true;
  if (stream !== null && !stream.known && streams(stream)) {
    seen.length = 0;
    return arriving(stream);
  }
  return joined(seen, source);
}

function arriving({ content: read, trailers, known: _known, ...head }: RequestStream): ArrivingRequest {
  const breaking = new AbortController();
  let settle: { readonly resolve: () => void; readonly reject: (error: unknown) => void };
  const whole = new Promise<void>((resolve, reject) => (settle = { resolve, reject }));
  whole.catch(() => {}); // possibly no one waits for it
  const next = async (): Promise<Bytes | null> => {
    try {
      const piece = await read();
      if (piece === null && trailers().length > 0) throw new InnerError('bad-request');
      if (piece === null) settle.resolve();
      return piece;
    } catch (error) {
      breaking.abort();
      settle.reject(error);
      throw error;
    }
  };
  let isDiscarding = false;
  const discard = (): void => {
    if (isDiscarding) return;
    isDiscarding = true;
    const readOn = async (): Promise<void> => {
      while ((await next()) !== null);
    };
    readOn().catch(() => {}); // `whole` reports the error
  };
  let breakOff = (): void => {};
  const content = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        breakOff = () => {
          breaking.abort();
          controller.error(new Error('no more of the request is passed on'));
        };
      },
      async pull(controller) {
        const piece = await next();
        if (isDiscarding) return;
        if (piece === null) {
          breakOff = () => {};
          controller.close();
        } else controller.enqueue(piece);
      },
      cancel: discard,
    },
    { highWaterMark: 0 }, // a slow service slows the client down
  );
  return {
    head: { ...head, content: EMPTY, trailers: [] },
    content,
    broken: breaking.signal,
    whole,
    discard() {
      breakOff();
      discard();
    },
  };
}

/** Joins what was seen and what follows in one buffer that doubles. The source limits their sum. */
export async function joined(seen: Bytes[], source: Pull): Promise<Bytes> {
  let buffer = new Uint8Array(4096);
  let length = 0;
  for (
    let piece = seen.shift() ?? (await source());
    piece !== null;
    piece = seen.shift() ?? (await source())
  ) {
    if (length + piece.length > buffer.length) {
      const larger = new Uint8Array(Math.max(2 * buffer.length, length + piece.length));
      larger.set(buffer.subarray(0, length));
      buffer = larger;
    }
    buffer.set(piece, length);
    length += piece.length;
  }
  return buffer.subarray(0, length);
}

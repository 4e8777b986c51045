import { HttpError } from './error.ts';

/** How much of a body to take, and for how long. */
export interface BodyLimits {
  readonly maxBytes: number;
  /** Aborts when the time for the whole body is over. */
  readonly deadline: AbortSignal;
}

const FIRST_BUFFER = 16 * 1024; // bytes

/**
 * Reads a whole body, never more than `maxBytes` and one chunk of it.
 *
 * Content-Length is only a reason to refuse early; what is counted is what arrives.
 *
 * @throws {HttpError} `bad-request` for a Content-Length that is no length, `content-too-large`,
 *   `request-timeout`, or `bad-request` when the peer breaks off
 */
export async function readBody(
  { headers, body }: Pick<Request, 'headers' | 'body'>,
  { maxBytes, deadline }: BodyLimits,
): Promise<Uint8Array<ArrayBuffer>> {
  const declared = headers.get('content-length');
  if (declared !== null) {
    if (!/^[0-9]+$/.test(declared)) throw new HttpError('bad-request');
    if (Number(declared) > maxBytes) throw new HttpError('content-too-large');
  }
  if (body === null) return new Uint8Array(0);
  return collect(body, maxBytes, deadline);
}

/**
 * Collects a stream, cancelling it as soon as it is too long or too late.
 *
 * One buffer grows with what arrives: a body in single bytes costs no more than one in large chunks.
 */
export async function collect(
  stream: ReadableStream<Uint8Array>,
  maxBytes: number,
  deadline: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  const reader = stream.getReader();
  const late = (): void => void reader.cancel().catch(() => {}); // ends the pending read
  deadline.addEventListener('abort', late, { once: true });
  let buffer = new Uint8Array(Math.min(FIRST_BUFFER, maxBytes));
  let length = 0;
  try {
    for (;;) {
      if (deadline.aborted) throw new HttpError('request-timeout');
      const { done, value } = await reader.read();
      if (deadline.aborted) throw new HttpError('request-timeout');
      if (done) break;
      if (length + value.length > maxBytes) throw new HttpError('content-too-large');
      if (length + value.length > buffer.length) buffer = grown(buffer, length + value.length, maxBytes);
      buffer.set(value, length);
      length += value.length;
    }
  } catch (error) {
    late();
    throw error instanceof HttpError ? error : new HttpError('bad-request', { cause: error });
  } finally {
    deadline.removeEventListener('abort', late);
  }
  return buffer.subarray(0, length);
}

function grown(buffer: Uint8Array<ArrayBuffer>, needed: number, maxBytes: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(Math.min(maxBytes, Math.max(needed, 2 * buffer.length)));
  larger.set(buffer);
  return larger;
}

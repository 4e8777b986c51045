import { HttpError } from './error.ts';

/** How much of a body to take, and for how long. */
export interface BodyLimits {
  readonly maxBytes: number;
  /** Aborts when the time for the whole body is over. */
  readonly deadline: AbortSignal;
}

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

/** Collects a stream, cancelling it as soon as it is too long or too late. */
export async function collect(
  stream: ReadableStream<Uint8Array>,
  maxBytes: number,
  deadline: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  const reader = stream.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  const late = new Promise<'late'>((resolve) => {
    if (deadline.aborted) resolve('late');
    else deadline.addEventListener('abort', () => resolve('late'), { once: true });
  });
  try {
    for (;;) {
      const next = await Promise.race([reader.read(), late]);
      if (next === 'late') throw new HttpError('request-timeout');
      if (next.done) break;
      length += next.value.length;
      if (length > maxBytes) throw new HttpError('content-too-large');
      chunks.push(next.value);
    }
  } catch (error) {
    reader.cancel().catch(() => {});
    throw error instanceof HttpError ? error : new HttpError('bad-request', { cause: error });
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

import type { Bytes } from '@sotto/wire';
import { anySignal, withDeadline } from './deadline.ts';
import { NotSentError, type ClientPlatform, type FetchInit, type FetchResponse } from './platform.ts';

const TIMEOUT_SECONDS = 30;
const IDLE_SECONDS = 60; // between two pieces of a response that streams
const UPLOAD_SECONDS = 120; // for a body that is sent as it is read: as long as a relay gives an exchange

/** A whole HTTP response. */
export interface HttpResult {
  readonly status: number;
  /** Media type in lower case, without parameters; empty if there is none. */
  readonly type: string;
  readonly body: Bytes;
}

/** There is no readable response: no connection, a redirect, a body that is too long or was cut off. */
export class UnreachableError extends Error {
  /** False if it is certain that nothing was sent. */
  readonly sent: boolean;

  constructor(message: string, { sent = true, cause }: { sent?: boolean; cause?: unknown } = {}) {
    super(message, { cause });
    this.sent = sent;
  }
}

/** A constant in place of the browser's list of languages, which could mark a user. */
const SAME_FOR_EVERYONE = { 'accept-language': '*' };

type HttpPlatform = Pick<ClientPlatform, 'fetch' | 'deadline'>;

/** A request to a relay, an issuer or a mirror. */
interface HttpRequest {
  readonly headers?: Record<string, string>;
  /** Sent by POST. Without a body the request is a GET. */
  readonly body?: FetchInit['body'];
  /** Limit of the response body, in bytes. */
  readonly maxBytes: number;
  /** Ends the request. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Sends one request and reads the whole response. No cookies, cache, referrer, redirect or retry (privacy L15).
 *
 * @throws {UnreachableError}
 */
export async function sendRequest(
  { fetch: send, deadline }: HttpPlatform,
  url: string,
  request: HttpRequest,
): Promise<HttpResult> {
  const signal = anySignal(deadline?.(TIMEOUT_SECONDS), request.signal);
  const receive = async (): Promise<HttpResult> => {
    const response = await send(url, initOf(request, signal));
    const head = headOf(response);
    return { ...head, body: await readBody(response, request.maxBytes) };
  };
  try {
    return await withDeadline(receive(), signal, () => new UnreachableError('timeout'));
  } catch (error) {
    throw unreachable(error);
  }
}

/** An HTTP response whose body is read piece by piece. */
export interface HttpStream extends Omit<HttpResult, 'body'> {
  /** The next piece; null at the end. @throws {UnreachableError} */
  readonly read: () => Promise<Bytes | null>;
  /** Ends the request. */
  readonly cancel: () => void;
}

/**
 * As `sendRequest`, but resolves when the head of the response has arrived. Then each piece may take 60 seconds. Where
 * the platform has no streams, the body is one piece. A body that is sent as it is read may take 120 seconds.
 *
 * @throws {UnreachableError}
 */
export async function openRequest(
  { fetch: send, deadline }: HttpPlatform,
  url: string,
  request: HttpRequest,
): Promise<HttpStream> {
  const ending = new AbortController(); // the platform's request ends with it, whatever the reason
  const within = async <T>(seconds: number, promise: Promise<T>): Promise<T> => {
    const signal = anySignal(deadline?.(seconds), request.signal);
    try {
      return await withDeadline(promise, signal, () => new UnreachableError('timeout'));
    } catch (error) {
      ending.abort();
      throw unreachable(error);
    }
  };
  request.signal?.addEventListener('abort', () => ending.abort(), { once: true });
  const sending = send(url, initOf(request, ending.signal));
  const { head, reader } = await within(
    isStream(request.body) ? UPLOAD_SECONDS + TIMEOUT_SECONDS : TIMEOUT_SECONDS,
    sending.then((response) => ({ head: headOf(response), reader: readerOf(response) })),
  );
  let length = 0;
  return {
    ...head,
    async read() {
      const value = await within(IDLE_SECONDS, reader.read());
      length += value?.length ?? 0;
      if (length > request.maxBytes) {
        ending.abort();
        throw new UnreachableError('too long');
      }
      return value;
    },
    cancel: () => ending.abort(),
  };
}

const unreachable = (error: unknown): UnreachableError =>
  new UnreachableError('no response', { sent: !(error instanceof NotSentError), cause: error });

const initOf = ({ headers, body }: HttpRequest, signal: AbortSignal | undefined): FetchInit => ({
  method: body === undefined ? 'GET' : 'POST',
  headers: { ...SAME_FOR_EVERYONE, ...headers },
  ...(body !== undefined && { body }),
  ...(isStream(body) && { duplex: 'half' }),
  redirect: 'error',
  credentials: 'omit',
  cache: 'no-store',
  referrerPolicy: 'no-referrer',
  ...(signal !== undefined && { signal }),
});

const isStream = (body: FetchInit['body']): boolean => body !== undefined && !(body instanceof Uint8Array);

/** @throws {UnreachableError} for a redirect */
function headOf({ status, headers, redirected }: FetchResponse): { status: number; type: string } {
  if (redirected === true || status < 200 || (status >= 300 && status < 400)) {
    throw new UnreachableError('redirected');
  }
  return { status, type: mediaType(headers) };
}

/** A body piece by piece where the platform has streams, and in one piece where it has none. */
interface BodyReader {
  /** The next piece, null at the end. */
  read(): Promise<Bytes | null>;
  cancel(): void;
}

function readerOf(response: FetchResponse): BodyReader {
  const stream = streamOf(response);
  if (stream !== null) {
    const reader = stream.getReader();
    return {
      async read() {
        const { done, value } = await reader.read();
        return done ? null : ((value ?? NOTHING) as Bytes);
      },
      cancel: () => void reader.cancel().catch(() => {}),
    };
  }
  let isRead = false;
  return {
    async read() {
      if (isRead) return null;
      isRead = true;
      return new Uint8Array(await response.arrayBuffer());
    },
    cancel: () => {},
  };
}

const NOTHING = new Uint8Array(0);

const streamOf = (response: FetchResponse): { getReader(): ChunkReader } | null => {
  const { body } = response as { body?: { getReader?: () => ChunkReader } | null };
  return typeof body?.getReader === 'function' ? (body as { getReader(): ChunkReader }) : null;
};

/** The media type of a response in lower case, without its parameters; empty if there is none. */
export function mediaType(headers: FetchResponse['headers']): string {
  return (headers.get('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

/** @throws {UnreachableError} if the body is longer than `maxBytes`, or its Content-Length is not digits (RFC 9110 §8.6) */
export async function readBody(response: FetchResponse, maxBytes: number): Promise<Bytes> {
  const declared = response.headers.get('content-length') ?? '0';
  if (!/^[0-9]+$/.test(declared) || Number(declared) > maxBytes) throw new UnreachableError('too long');
  const reader = readerOf(response);
  const pieces: Bytes[] = [];
  let length = 0;
  for (let piece = await reader.read(); piece !== null; piece = await reader.read()) {
    length += piece.length;
    if (length > maxBytes) {
      reader.cancel();
      throw new UnreachableError('too long');
    }
    pieces.push(piece);
  }
  const body = new Uint8Array(length);
  let offset = 0;
  for (const piece of pieces) {
    body.set(piece, offset);
    offset += piece.length;
  }
  return body;
}

interface ChunkReader {
  read(): Promise<{ done: boolean; value?: Uint8Array }>;
  cancel(): Promise<void>;
}

/**
 * A base URL without trailing slashes: https, or http to a loopback address (RFC 9458 §6). Null for anything else,
 * and for a URL with user information, a query or a fragment.
 */
export function parseBaseUrl(text: string): string | null {
  const url = text.replace(/\/+$/, '');
  const https = /^https:\/\/[^\s/?#@\\]+(\/[^\s?#@\\]*)?$/i;
  const loopback = /^http:\/\/(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?(\/[^\s?#@\\]*)?$/i;
  return https.test(url) || loopback.test(url) ? url : null;
}

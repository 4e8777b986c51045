import type { Bytes } from '@sotto/wire';
import { anySignal, withDeadline } from './deadline.ts';
import { NotSentError, type ClientPlatform, type FetchInit, type FetchResponse } from './platform.ts';

const TIMEOUT_SECONDS = 30;

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

/**
 * Sends one request and reads the whole response. No cookies, cache, referrer, redirect or retry (privacy L15).
 *
 * @param request.body - sent by POST; without a body the request is a GET
 * @param request.maxBytes - limit of the response body, in bytes
 * @param request.signal - ends the request
 * @throws {UnreachableError}
 */
export async function sendRequest(
  { fetch: send, deadline }: Pick<ClientPlatform, 'fetch' | 'deadline'>,
  url: string,
  request: {
    readonly headers?: Record<string, string>;
    readonly body?: Bytes;
    readonly maxBytes: number;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<HttpResult> {
  const signal = anySignal(deadline?.(TIMEOUT_SECONDS), request.signal);
  const init: FetchInit = {
    method: request.body === undefined ? 'GET' : 'POST',
    headers: { ...SAME_FOR_EVERYONE, ...request.headers },
    ...(request.body !== undefined && { body: request.body }),
    redirect: 'error',
    credentials: 'omit',
    cache: 'no-store',
    referrerPolicy: 'no-referrer',
    ...(signal !== undefined && { signal }),
  };
  const receive = async (): Promise<HttpResult> => {
    const response = await send(url, init);
    const { status, headers } = response;
    if (response.redirected === true || status < 200 || (status >= 300 && status < 400)) {
      throw new UnreachableError('redirected');
    }
    return { status, type: mediaType(headers), body: await readBody(response, request.maxBytes) };
  };
  try {
    return await withDeadline(receive(), signal, () => new UnreachableError('timeout'));
  } catch (error) {
    throw new UnreachableError('no response', { sent: !(error instanceof NotSentError), cause: error });
  }
}

/** The media type of a response in lower case, without its parameters; empty if there is none. */
export function mediaType(headers: FetchResponse['headers']): string {
  return (headers.get('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

/** Reads in chunks where the platform has streams, and in one piece where it has none. */
async function readBody(response: FetchResponse, maxBytes: number): Promise<Bytes> {
  if (Number(response.headers.get('content-length') ?? 0) > maxBytes) throw new UnreachableError('too long');
  const stream = (response as { body?: { getReader?: () => ChunkReader } | null }).body;
  if (typeof stream?.getReader === 'function') return readChunks(stream.getReader(), maxBytes);
  const body = new Uint8Array(await response.arrayBuffer());
  if (body.length > maxBytes) throw new UnreachableError('too long');
  return body;
}

async function readChunks(reader: ChunkReader, maxBytes: number): Promise<Bytes> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    length += next.value?.length ?? 0;
    if (length > maxBytes) {
      reader.cancel().catch(() => {});
      throw new UnreachableError('too long');
    }
    if (next.value) chunks.push(next.value);
  }
  const body = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    body.set(chunk, offset);
    offset += chunk.length;
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

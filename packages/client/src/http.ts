import type { Bytes } from '@sotto/wire';
import type { FetchAnswer, FetchInit, Platform } from './platform.ts';

const TIMEOUT = 30; // seconds

export interface Got {
  readonly status: number;
  readonly type: string; // media type, without parameters
  readonly body: Bytes;
}

/** Nothing came back that could be read: no connection, a redirect, a body too long or broken off. */
export class Unreachable extends Error {}

/**
 * One request and its whole answer. No cookies, no cache, no referrer, no redirect, no second try (privacy L15).
 *
 * @param maxBytes - of the answer's body
 * @throws {Unreachable}
 */
export async function ask(
  { fetch: send, deadline }: Pick<Platform, 'fetch' | 'deadline'>,
  url: string,
  what: { readonly headers?: Record<string, string>; readonly body?: Bytes; readonly maxBytes: number },
): Promise<Got> {
  const init: FetchInit = {
    method: what.body === undefined ? 'GET' : 'POST',
    headers: what.headers ?? {},
    ...(what.body !== undefined && { body: what.body }),
    redirect: 'error',
    credentials: 'omit',
    cache: 'no-store',
    referrerPolicy: 'no-referrer',
    ...(deadline !== undefined && { signal: deadline(TIMEOUT) }),
  };
  try {
    const answer = await send(url, init);
    if (answer.redirected === true || answer.status < 200 || (answer.status >= 300 && answer.status < 400)) {
      throw new Unreachable();
    }
    return {
      status: answer.status,
      type: mediaType(answer.headers),
      body: await bodyOf(answer, what.maxBytes),
    };
  } catch {
    throw new Unreachable('no answer');
  }
}

/** The media type of an answer, in lower case and without its parameters; empty when it names none. */
export function mediaType(headers: FetchAnswer['headers']): string {
  return (headers.get('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

/** Reads by the chunk where the platform has streams, and in one piece where it has none. */
async function bodyOf(answer: FetchAnswer, maxBytes: number): Promise<Bytes> {
  if (Number(answer.headers.get('content-length') ?? 0) > maxBytes) throw new Unreachable('too long');
  const stream = (answer as { body?: { getReader?: () => ChunkReader } | null }).body;
  if (typeof stream?.getReader !== 'function') {
    const body = new Uint8Array(await answer.arrayBuffer());
    if (body.length > maxBytes) throw new Unreachable('too long');
    return body;
  }
  const reader = stream.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    length += next.value?.length ?? 0;
    if (length > maxBytes) {
      reader.cancel().catch(() => {});
      throw new Unreachable('too long');
    }
    if (next.value) chunks.push(next.value);
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

interface ChunkReader {
  read(): Promise<{ done: boolean; value?: Uint8Array }>;
  cancel(): Promise<void>;
}

/**
 * A base URL without its last slash: https, or plain http to this machine alone (RFC 9458 §6). Null if it is
 * neither, or carries a user, a query or a fragment.
 */
export function baseUrl(text: string): string | null {
  const url = text.replace(/\/+$/, '');
  const https = /^https:\/\/[^\s/?#@\\]+(\/[^\s?#@\\]*)?$/i;
  const loopback = /^http:\/\/(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?(\/[^\s?#@\\]*)?$/i;
  return https.test(url) || loopback.test(url) ? url : null;
}

import http from 'node:http';
import https from 'node:https';
import { Readable } from 'node:stream';
import type { FetchedResponse } from '../body.ts';
import { pump } from './pump.ts';
import { wholeOf } from './whole.ts';

const MAX_HEADER_BYTES = 16_384;
const NO_BODY = new Set([204, 205, 304]);

/** The connection options of a request. */
export type Way = Pick<http.RequestOptions, 'agent' | 'lookup'>;

/**
 * Sends one request to an http or https URL with Node's own client. It sends the given headers, Host and
 * those that frame the body, and no others. (The platform's `fetch` adds User-Agent, Accept-Language and
 * more.)
 *
 * It follows no redirect, decodes nothing, and sends nothing twice. It rejects when there is no response, or
 * one that `Response` cannot hold (101 among them); a response that ends early fails in its body.
 *
 * @param init - method, headers, signal; a body is bytes or a stream
 */
export function sendOnce(
  url: string,
  { method = 'GET', headers, body, signal }: RequestInit,
  way: Way,
): Promise<FetchedResponse> {
  return new Promise((resolve, reject) => {
    const request = (url.startsWith('https:') ? https : http).request(url, {
      ...way,
      method,
      maxHeaderSize: MAX_HEADER_BYTES,
      ...(signal && { signal }),
    });
    request.removeHeader('connection');
    for (const [name, value] of new Headers(headers)) request.setHeader(name, value);
    request.once('error', reject);
    // When a peer switches protocols or closes the connection without a response, Node emits neither a
    // response nor an error.
    request.once('upgrade', () => request.destroy());
    request.once('close', () => reject(new Error('closed without a response')));
    request.once('response', (response) => {
      response.on('error', () => {}); // reported through the body
      try {
        resolve(fetchedFrom(response));
      } catch (error) {
        request.destroy();
        reject(error instanceof Error ? error : new Error('bad response'));
      }
    });
    if (body instanceof Uint8Array) {
      request.setHeader('content-length', body.length);
      request.end(body);
    } else if (body instanceof ReadableStream) {
      pump(body, request).catch(() => request.destroy(new Error('the body broke off')));
    } else {
      request.end();
    }
  });
}

/**
 * A response whose body becomes a stream only if it is read as one: the streams of `Response` cost several times what the
 * exchange costs.
 *
 * @throws {RangeError} for a status that `Response` cannot hold
 */
function fetchedFrom(incoming: http.IncomingMessage): FetchedResponse {
  const status = incoming.statusCode ?? 0;
  if (status < 200 || status > 599) throw new RangeError(`no response has status ${status}`);
  const headers = new Headers();
  for (let i = 0; i < incoming.rawHeaders.length; i += 2) {
    headers.append(incoming.rawHeaders[i] ?? '', incoming.rawHeaders[i + 1] ?? '');
  }
  const isBodiless = NO_BODY.has(status);
  if (isBodiless) incoming.resume();
  let stream: ReadableStream<Uint8Array> | undefined;
  return {
    status,
    headers,
    get body() {
      if (isBodiless) return null;
      return (stream ??= Readable.toWeb(incoming) as ReadableStream<Uint8Array>);
    },
    async arrayBuffer() {
      if (isBodiless) return new ArrayBuffer(0);
      const whole = await wholeOf(incoming as AsyncIterable<Uint8Array<ArrayBuffer>>);
      const isAlone = whole.length === whole.buffer.byteLength; // a piece of Node's may share its memory with others
      return isAlone ? whole.buffer : new Uint8Array(whole).buffer; // `slice` of a Buffer copies nothing
    },
  };
}

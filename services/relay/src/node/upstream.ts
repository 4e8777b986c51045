import http from 'node:http';
import https from 'node:https';
import { Readable } from 'node:stream';
import type { Send } from '../exchange.ts';

const IDLE_MS = 4000; // under the 5 s after which Node's own server closes an idle connection
const NO_BODY = new Set([204, 205, 304]);

/**
 * The relay's `fetch` on Node: one request, with the headers that it was given, Host and the framing of
 * the body, and no other. (The platform's own fetch adds User-Agent, Accept-Language and more.)
 *
 * It follows no redirect, decodes nothing, and sends nothing twice.
 */
export function upstream(): Send {
  const options = { keepAlive: true, timeout: IDLE_MS, scheduling: 'fifo' } as const;
  const agents = { http: new http.Agent(options), https: new https.Agent(options) };
  return (url, { method = 'GET', headers, body, signal }) =>
    new Promise((resolve, reject) => {
      const secure = url.startsWith('https:');
      const request = (secure ? https : http).request(url, {
        method,
        agent: secure ? agents.https : agents.http,
        ...(signal && { signal }),
      });
      request.removeHeader('connection');
      for (const [name, value] of new Headers(headers)) request.setHeader(name, value);
      request.once('error', reject);
      request.once('response', (answer) => {
        answer.on('error', () => {}); // said through the stream
        try {
          resolve(toResponse(answer));
        } catch (error) {
          request.destroy();
          reject(error instanceof Error ? error : new Error('bad answer'));
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

/** Writes as fast as the other end takes it. A body that breaks off is never ended as if it were whole. */
async function pump(body: ReadableStream<Uint8Array>, request: http.ClientRequest): Promise<void> {
  const reader = body.getReader();
  const closed = new Promise<void>((resolve) => request.once('close', resolve));
  request.once('close', () => void reader.cancel().catch(() => {}));
  request.flushHeaders();
  for (;;) {
    const { done, value } = await reader.read();
    if (request.destroyed) return;
    if (done) return void request.end();
    if (!request.write(value)) {
      await Promise.race([new Promise((resolve) => request.once('drain', resolve)), closed]);
    }
  }
}

function toResponse(answer: http.IncomingMessage): Response {
  const status = answer.statusCode ?? 0;
  const headers = new Headers();
  for (let i = 0; i < answer.rawHeaders.length; i += 2) {
    headers.append(answer.rawHeaders[i] ?? '', answer.rawHeaders[i + 1] ?? '');
  }
  if (NO_BODY.has(status)) {
    answer.resume();
    return new Response(null, { status, headers });
  }
  return new Response(Readable.toWeb(answer) as ReadableStream<Uint8Array>, { status, headers });
}

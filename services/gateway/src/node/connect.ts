import http from 'node:http';
import https from 'node:https';
import { Readable } from 'node:stream';
import { isIP } from 'node:net';
import { InnerError } from '../problem.ts';
import type { Fetch } from '../service/fetch-service.ts';
import type { Permits } from './addresses.ts';

export interface Address {
  readonly address: string;
  readonly family: number; // 4 or 6
}

/** All addresses of a name; rejects when there is none. */
export type Resolve = (name: string) => Promise<readonly Address[]>;

const IDLE_MS = 4000; // under the 5 s after which many servers close an idle connection
const MAX_HEADER_BYTES = 16_384;
const NO_BODY = new Set([204, 205, 304]);

/**
 * A `fetch` that decides for itself where a name leads: it looks the name up once, wants every address to be
 * permitted, and connects to one of those very addresses. A name that leads elsewhere a moment later leads nobody
 * there. Host, SNI and the certificate's check stay with the name.
 *
 * It sends the headers that it is given, Host and the framing, and no other; follows no redirect, decodes nothing,
 * and sends nothing twice.
 */
export function guardedFetch(resolve: Resolve, permits: Permits): Fetch {
  const agents = connections();
  const lookUp = shared(resolve);
  return async (url, init) => {
    const { hostname, protocol } = new URL(url);
    const addresses = await before(init.signal, addressesOf(hostname.replace(/^\[|\]$/g, ''), lookUp));
    if (!addresses.every(({ address }) => permits(address))) throw new InnerError('forbidden');
    return send(url, init, agents(addresses, protocol === 'https:'), addresses);
  };
}

/** Who asks while an answer is on its way gets that one: slow look-ups take few of the system's threads. */
function shared(resolve: Resolve): Resolve {
  const underWay = new Map<string, ReturnType<Resolve>>();
  return (name) => {
    const earlier = underWay.get(name);
    if (earlier !== undefined) return earlier;
    const asked = resolve(name).finally(() => underWay.delete(name));
    underWay.set(name, asked);
    return asked;
  };
}

async function addressesOf(host: string, resolve: Resolve): Promise<readonly Address[]> {
  const family = isIP(host);
  const addresses = family === 0 ? await resolve(host) : [{ address: host, family }];
  if (addresses.length === 0) throw new InnerError('bad-gateway');
  return addresses;
}

/** Kept connections lead to addresses of the last look-up; when that changes, they are used no more. */
function connections(): (addresses: readonly Address[], secure: boolean) => http.Agent {
  let known = '';
  let kept: { readonly plain: http.Agent; readonly secure: https.Agent } | undefined;
  return (addresses, secure) => {
    const now = addresses
      .map(({ address }) => address)
      .toSorted()
      .join(' ');
    if (kept === undefined || now !== known) {
      const options = { keepAlive: true, timeout: IDLE_MS };
      kept = { plain: new http.Agent(options), secure: new https.Agent(options) };
      known = now;
    }
    return secure ? kept.secure : kept.plain;
  };
}

/** What comes of a look-up, unless the deadline is before it. */
async function before<T>(signal: AbortSignal | null | undefined, pending: Promise<T>): Promise<T> {
  if (!signal) return pending;
  const { promise: late, reject } = Promise.withResolvers<never>();
  const stop = (): void => reject(new Error('late'));
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    return await Promise.race([pending, late]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** One request over the agent, to one of the addresses. */
function send(
  url: string,
  { method = 'GET', headers, body, signal }: RequestInit,
  agent: http.Agent,
  addresses: readonly Address[],
): Promise<Response> {
  return new Promise((resolve, reject) => {
    const request = (url.startsWith('https:') ? https : http).request(url, {
      method,
      agent,
      maxHeaderSize: MAX_HEADER_BYTES,
      lookup: (_name, { all }, told) => {
        const [first] = addresses;
        if (all === true) told(null, [...addresses]);
        else told(null, first?.address ?? '', first?.family ?? 0);
      },
      ...(signal && { signal }),
    });
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
    if (body instanceof Uint8Array) request.setHeader('content-length', body.length);
    request.end(body instanceof Uint8Array ? body : undefined);
  });
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

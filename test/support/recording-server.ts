import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request as it came over the wire. */
export interface Seen {
  readonly method: string;
  readonly target: string;
  /** Names in lower case, in the order and number in which they came. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
  readonly trailers: readonly string[];
  /** Whether the message came to its proper end. */
  readonly complete: boolean;
}

export interface RecordingServer {
  readonly url: string;
  readonly port: number;
  /** Requests whose body ended or broke off, in that order. */
  readonly seen: readonly Seen[];
  /** How many requests came whole. */
  readonly processed: number;
  readonly connections: number;
  /** Forgets what was seen. */
  reset(): void;
  /** What answers; may be changed at any time. */
  answer: (seen: Seen, response: ServerResponse) => void;
  /** Answers from a request's head, before its body came; takes precedence. */
  early: ((request: IncomingMessage, response: ServerResponse) => void) | null;
  close(): Promise<void>;
}

const BUNDLE = { 'content-type': 'application/sotto-bundle', connection: 'close' };

/**
 * An HTTP server on a free loopback port that keeps every request as it came.
 *
 * @param givesBundles - whether it gives a key bundle by itself and forgets who asked, so that a relay's timer rests
 */
export async function recordingServer(
  answer: RecordingServer['answer'],
  givesBundles = true,
): Promise<RecordingServer> {
  let seen: Seen[] = [];
  let connections = 0;
  const listener: RequestListener = (request, response) => {
    if (givesBundles && request.url === '/bundle') {
      response.writeHead(200, BUNDLE).end('the bundle');
      return;
    }
    server.early?.(request, response);
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('error', () => {});
    request.once('close', () => {
      const { method = '', url: target = '', rawHeaders: raw, complete } = request;
      const headers = pairs(raw).map(([name, value]) => [name.toLowerCase(), value] as const);
      const one = {
        method,
        target,
        headers,
        body: Buffer.concat(chunks),
        trailers: request.rawTrailers,
        complete,
      };
      seen.push(one);
      if (complete && server.early === null) server.answer(one, response);
    });
  };
  const http = createServer({ keepAliveTimeout: 60_000 }, listener);
  http.on('connection', () => connections++);
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const { port } = http.address() as AddressInfo;
  const server: RecordingServer = {
    url: `http://127.0.0.1:${port}`,
    port,
    answer,
    early: null,
    get seen() {
      return seen;
    },
    get processed() {
      return seen.filter(({ complete }) => complete).length;
    },
    get connections() {
      return connections;
    },
    reset() {
      seen = [];
      connections = 0;
      server.early = null;
    },
    async close() {
      http.closeAllConnections();
      await new Promise<void>((resolve) => http.close(() => resolve()));
    },
  };
  return server;
}

function pairs(raw: readonly string[]): [string, string][] {
  return raw.flatMap((name, i) => (i % 2 === 0 ? [[name, raw[i + 1] ?? ''] as [string, string]] : []));
}

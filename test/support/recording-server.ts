import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request as it was on the wire. */
export interface RecordedRequest {
  readonly method: string;
  readonly target: string;
  /** Names in lower case, in the received order, with duplicates. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
  readonly trailers: readonly string[];
  /** Whether the message was complete. */
  readonly complete: boolean;
}

export interface RecordingServer {
  readonly url: string;
  readonly port: number;
  /** Requests whose body ended or was aborted, in that order. */
  readonly seen: readonly RecordedRequest[];
  /** Number of complete requests. */
  readonly processed: number;
  readonly connections: number;
  /** Clears the records. */
  reset(): void;
  /** Responds to a complete request; a test may replace it at any time. */
  answer: (request: RecordedRequest, response: ServerResponse) => void;
  /** Responds to a request's header section, before its body; takes precedence. */
  early: ((request: IncomingMessage, response: ServerResponse) => void) | null;
  close(): Promise<void>;
}

const BUNDLE = { 'content-type': 'application/sotto-bundle', connection: 'close' };

/**
 * An HTTP server on a free loopback port that records every request.
 *
 * @param givesBundles - whether it serves a key bundle by itself without recording it, which keeps a relay's timer quiet
 */
export async function recordingServer(
  answer: RecordingServer['answer'],
  givesBundles = true,
): Promise<RecordingServer> {
  let seen: RecordedRequest[] = [];
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

import { createServer as createPlain, IncomingMessage, ServerResponse, type Server } from 'node:http';
import { createServer as createSecure } from 'node:https';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { problemResponse } from '@sotto/http';
import { writeResponse } from '@sotto/http/node';
import { OUTER } from '../problem.ts';

export interface ServeOptions {
  readonly answer: (request: Request) => Response | Promise<Response>;
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  readonly tls?: { readonly cert: string; readonly key: string };
  readonly maxInFlight: number;
  /** For what is in flight when the gateway is told to stop. */
  readonly drainMs: number;
}

export interface Serving {
  readonly origin: string;
  /** Takes no more connections, lets what is in flight finish, and then closes. */
  close(): Promise<void>;
}

const LIMITS = {
  maxHeaderSize: 16 * 1024, // bytes
  headersTimeout: 10_000,
  requestTimeout: 60_000, // above what the app gives an upload
  connectionsCheckingInterval: 2000,
  keepAliveTimeout: 5000,
};

/** The gateway's app behind Node's own HTTP server. Nothing that a peer does is written to a log. */
export async function serve(options: ServeOptions): Promise<Serving> {
  let inFlight = 0;
  let closing = false;
  const listener = getRequestListener(
    async (request, { incoming, outgoing }) => {
      if (!(incoming instanceof IncomingMessage && outgoing instanceof ServerResponse)) {
        return problemResponse(OUTER['bad-request']);
      }
      if (closing) outgoing.shouldKeepAlive = false;
      inFlight++;
      outgoing.once('close', () => inFlight--);
      const busy = inFlight > options.maxInFlight;
      const response = busy
        ? problemResponse(OUTER.unavailable, { 'retry-after': '5' })
        : await options.answer(request);
      await writeResponse(response, incoming, outgoing).catch(() => outgoing.destroy());
      return RESPONSE_ALREADY_SENT;
    },
    { overrideGlobalObjects: false, errorHandler: () => problemResponse(OUTER['bad-request']) },
  );
  const handle = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    listener(incoming, outgoing).catch(() => outgoing.destroy());
  };
  const server: Server = options.tls
    ? createSecure({ ...LIMITS, ...options.tls }, handle)
    : createPlain(LIMITS, handle);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  server.removeAllListeners('error').on('error', () => {}); // no file descriptor left: the next accept may have one

  const { address, port } = server.address() as AddressInfo;
  const host = address.includes(':') ? `[${address}]` : address;
  return {
    origin: `${options.tls ? 'https' : 'http'}://${host}:${port}`,
    async close() {
      closing = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      const force = setTimeout(() => server.closeAllConnections(), options.drainMs);
      await closed;
      clearTimeout(force);
    },
  };
}

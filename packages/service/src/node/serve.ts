import { createServer as createPlain, IncomingMessage, ServerResponse, type Server } from 'node:http';
import { createServer as createSecure } from 'node:https';
import type { Socket } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { ProblemCode } from '@sotto/http';
import { listen, writeResponse, type Serving } from '@sotto/http/node';
import { EndingMessage, limitConnections, limitPipelining } from './connections.ts';
import { ambiguityOf } from './framing.ts';
import { followCertificate } from './certificate.ts';
import { refuseSocket } from './refuse-socket.ts';
import type { ListenSettings } from './settings.ts';

/** The options of {@link serve}. */
export interface ServeOptions extends ListenSettings {
  readonly respond: (request: Request, incoming: IncomingMessage) => Response | Promise<Response>;
  /** A refusal of the listener itself, in the service's own form. */
  readonly refuse: (code: ProblemCode) => Response;
  /** For the headers of a request, and for all of it; in milliseconds, checked every `checkMs`. */
  readonly headersMs?: number;
  readonly wholeRequestMs?: number;
  readonly checkMs?: number;
  /** Between two checks for a renewed certificate, in milliseconds. */
  readonly certificateMs?: number;
  /** Milliseconds for a response that is made while it is sent (`Incremental: ?1`). */
  readonly streamMs?: number;
}

const MAX_HEADER_BYTES = 16 * 1024;
const KEEP_ALIVE_MS = 5000;
const CERTIFICATE_MS = 60_000;
const HANDSHAKE_MS = 10_000;
const STREAM_MS = 120_000;
/**
 * The host of a request without Host: the health check of a load balancer, in HTTP/1.0. HTTP/1.1 without it
 * is refused before.
 */
const HOSTLESS = 'localhost';

/** An app behind Node's own HTTP server. Nothing that a peer does is written to a log. */
export async function serve(options: ServeOptions): Promise<Serving> {
  const { refuse, responseMs, streamMs = STREAM_MS } = options;
  const responses = new WeakMap<object, ServerResponse>(); // the latest of each socket
  const mayPipeline = limitPipelining();
  let inFlight = 0; // exchanges, not responses that wait for their reader: those are bounded by connection and time
  let isClosing = false;

  const respond = async (request: Request, incoming: IncomingMessage): Promise<Response> => {
    const ambiguity = ambiguityOf(incoming);
    if (ambiguity !== null) return refuse(ambiguity);
    if (inFlight > options.maxInFlight) return refuse('unavailable');
    return options.respond(request, incoming);
  };
  const exchange = async (request: Request, incoming: IncomingMessage, outgoing: ServerResponse) => {
    responses.set(incoming.socket, outgoing);
    if (isClosing) outgoing.shouldKeepAlive = false;
    inFlight++;
    try {
      const response = await respond(request, incoming);
      destroyWhenLate(outgoing, incoming.socket, response.headers.has('incremental') ? streamMs : responseMs);
      await writeResponse(response, incoming, outgoing);
    } catch {
      outgoing.destroy();
    } finally {
      inFlight--;
    }
  };
  const listener = listenerFor(exchange, refuse);
  const handle = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    if (mayPipeline(incoming.socket, outgoing)) {
      listener(incoming, outgoing).catch(() => outgoing.destroy());
    } else {
      incoming.socket.destroy();
    }
  };
  const { server, stopFollowing } = createServer(options, handle);
  server.maxHeadersCount = 0; // counted by ambiguityOf: the server's own limit silently drops the rest
  limitConnections(server, options.connectionsPerAddress);
  if (options.answersHalfClosed) Object.assign(server, { httpAllowHalfOpen: true }); // Node's types lack it
  server.on('clientError', (error, socket) => {
    const hasBegun = responses.get(socket)?.headersSent ?? false;
    refuseSocket(error, socket as Socket, hasBegun, refuse);
  });
  const serving = await listen(server, options);
  return {
    ...serving,
    close() {
      isClosing = true;
      stopFollowing();
      return serving.close();
    },
  };
}

/** Makes a Request of each message of Node's server. `exchange` sends the response itself. */
function listenerFor(
  exchange: (request: Request, incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void>,
  refuse: ServeOptions['refuse'],
): ReturnType<typeof getRequestListener> {
  return getRequestListener(
    async (request, { incoming, outgoing }) => {
      if (!(incoming instanceof IncomingMessage && outgoing instanceof ServerResponse)) {
        return refuse('bad-request');
      }
      await exchange(request, incoming, outgoing);
      return RESPONSE_ALREADY_SENT;
    },
    { overrideGlobalObjects: false, hostname: HOSTLESS, errorHandler: () => refuse('bad-request') },
  );
}

/** A server with TLS if there is a certificate. The renewed certificate is used until `stopFollowing` is called. */
function createServer(
  options: ServeOptions,
  handle: (incoming: IncomingMessage, outgoing: ServerResponse) => void,
): { readonly server: Server; readonly stopFollowing: () => void } {
  const { tls, certificateMs = CERTIFICATE_MS } = options;
  const settings = {
    IncomingMessage: EndingMessage,
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: options.headersMs ?? 10_000,
    requestTimeout: options.wholeRequestMs ?? 60_000, // above what an app gives an upload
    connectionsCheckingInterval: options.checkMs ?? 2000,
    keepAliveTimeout: KEEP_ALIVE_MS,
  };
  if (tls === undefined) return { server: createPlain(settings, handle), stopFollowing: () => {} };
  const { cert, key } = tls;
  const server = createSecure({ ...settings, cert, key, handshakeTimeout: HANDSHAKE_MS }, handle);
  return { server, stopFollowing: followCertificate(server, tls, certificateMs) };
}

/** Closes the connection of a reader that has not taken the whole response in time. */
function destroyWhenLate(outgoing: ServerResponse, socket: Socket, milliseconds: number): void {
  const timer = setTimeout(() => socket.destroy(), milliseconds);
  timer.unref();
  outgoing.once('close', () => clearTimeout(timer));
}

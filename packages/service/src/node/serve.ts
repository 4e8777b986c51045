import { createServer as createPlain, IncomingMessage, ServerResponse, type Server } from 'node:http';
import { createServer as createSecure } from 'node:https';
import type { Socket } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { ProblemCode } from '@sotto/http';
import { listen, writeResponse, type Serving } from '@sotto/http/node';
import { refuseSocket } from './refuse-socket.ts';
import type { ListenSettings } from './settings.ts';

/** What {@link serve} is given. */
export interface ServeOptions extends ListenSettings {
  readonly answer: (request: Request, incoming: IncomingMessage) => Response | Promise<Response>;
  /** A refusal of the listener itself, in the service's own form. */
  readonly refuse: (code: ProblemCode) => Response;
  /** For the headers of a request, and for all of it; in milliseconds, checked every `checkMs`. */
  readonly headersMs?: number;
  readonly wholeRequestMs?: number;
  readonly checkMs?: number;
}

const MAX_HEADER_BYTES = 16 * 1024;
const MAX_HEADERS = 100;
const KEEP_ALIVE_MS = 5000;

/** An app behind Node's own HTTP server. Nothing that a peer does is written to a log. */
export async function serve(options: ServeOptions): Promise<Serving> {
  const { refuse } = options;
  const responses = new WeakMap<object, ServerResponse>(); // the latest of each socket
  let inFlight = 0;
  let isClosing = false;

  const answer = async (request: Request, incoming: IncomingMessage): Promise<Response> => {
    if (incoming.rawHeaders.length > 2 * MAX_HEADERS) return refuse('fields-too-large');
    if (!incoming.url?.startsWith('/')) return refuse('not-found');
    if (inFlight > options.maxInFlight) return refuse('unavailable');
    return options.answer(request, incoming);
  };
  const listener = getRequestListener(
    async (request, { incoming, outgoing }) => {
      if (!(incoming instanceof IncomingMessage && outgoing instanceof ServerResponse)) {
        return refuse('bad-request');
      }
      responses.set(incoming.socket, outgoing);
      if (isClosing) outgoing.shouldKeepAlive = false;
      inFlight++;
      outgoing.once('close', () => inFlight--);
      const response = await answer(request, incoming);
      await writeResponse(response, incoming, outgoing).catch(() => outgoing.destroy());
      return RESPONSE_ALREADY_SENT;
    },
    { overrideGlobalObjects: false, errorHandler: () => refuse('bad-request') },
  );
  const settings = {
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: options.headersMs ?? 10_000,
    requestTimeout: options.wholeRequestMs ?? 60_000, // above what an app gives an upload
    connectionsCheckingInterval: options.checkMs ?? 2000,
    keepAliveTimeout: KEEP_ALIVE_MS,
  };
  const handle = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    listener(incoming, outgoing).catch(() => outgoing.destroy());
  };
  const server: Server = options.tls
    ? createSecure({ ...settings, ...options.tls }, handle)
    : createPlain(settings, handle);
  server.maxHeadersCount = 0; // counted above: the server's own limit silently drops the rest
  server.on('clientError', (error, socket) => {
    const hasBegun = responses.get(socket)?.headersSent ?? false;
    refuseSocket(error, socket as Socket, hasBegun, refuse);
  });
  const serving = await listen(server, options);
  return {
    ...serving,
    close() {
      isClosing = true;
      return serving.close();
    },
  };
}

import { createServer as createPlain, IncomingMessage, ServerResponse, type Server } from 'node:http';
import { createServer as createSecure } from 'node:https';
import { getRequestListener } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { problemResponse } from '@sotto/http';
import { listen, writeResponse, type ListenOptions, type Serving } from '@sotto/http/node';
import { OUTER } from '../problem.ts';

export interface ServeOptions extends ListenOptions {
  readonly answer: (request: Request) => Response | Promise<Response>;
  readonly tls?: { readonly cert: string; readonly key: string };
  readonly maxInFlight: number;
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
  const serving = await listen(server, options);
  return {
    ...serving,
    close() {
      closing = true;
      return serving.close();
    },
  };
}

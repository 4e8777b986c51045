import { createServer as createPlain, IncomingMessage, ServerResponse, type Server } from 'node:http';
import { createServer as createSecure } from 'node:https';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { getRequestListener } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { listen, writeResponse, type ListenOptions, type Serving } from '@sotto/http/node';
import { addressKey } from '../address-key.ts';
import { refuse } from '../answer.ts';
import { relay } from '../app.ts';
import type { Config } from '../config.ts';
import { refuseSocket } from './refuse-socket.ts';
import { tokenBuckets, type BucketOptions } from './token-bucket.ts';
import { upstream } from './upstream.ts';

export interface ServeOptions extends ListenOptions {
  readonly config: Config;
  readonly tls?: { readonly cert: string; readonly key: string };
  /** A header set by one's own proxy in front, whose last element is the visitor's address; else the socket's. */
  readonly addressHeader?: string;
  readonly rate: BucketOptions;
  readonly maxInFlight: number;
  /** For a request's headers, for the whole of it, and how often both are looked at. */
  readonly headersMs: number;
  readonly wholeRequestMs: number;
  readonly checkMs: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

const MAX_HEADER_BYTES = 16 * 1024;
const MAX_HEADERS = 100;

const timeout = (ms: number): AbortSignal => AbortSignal.timeout(ms);

/** The relay's app behind Node's own HTTP server. */
export async function serve(options: ServeOptions): Promise<Serving> {
  const { config, now } = options;
  const mine = relay({
    config,
    send: upstream(),
    now,
    sleep: (ms) => sleep(ms, undefined, { ref: false }),
    timeout,
    byTimer: true,
  });
  const { fetch: pass } = mine.app;
  const buckets = tokenBuckets(options.rate, now);
  const answering = new WeakMap<object, ServerResponse>();
  let inFlight = 0;
  let closing = false;

  const answer = async (request: Request, incoming: IncomingMessage): Promise<Response> => {
    if (incoming.rawHeaders.length > 2 * MAX_HEADERS) return refuse('fields-too-large');
    if (!incoming.url?.startsWith('/')) return refuse('not-found');
    if (inFlight > options.maxInFlight) return refuse('unavailable');
    return pass(request, {
      admit: () => buckets.take(addressKey(visitor(incoming, options.addressHeader))),
      waitUntil: (work) => void work.catch(() => {}),
    });
  };
  const listener = getRequestListener(
    async (request, env) => {
      const { incoming, outgoing } = env;
      if (!(incoming instanceof IncomingMessage && outgoing instanceof ServerResponse))
        return refuse('bad-request');
      answering.set(incoming.socket, outgoing);
      if (closing) outgoing.shouldKeepAlive = false;
      inFlight++;
      outgoing.once('close', () => inFlight--);
      await writeResponse(await answer(request, incoming), incoming, outgoing).catch(() =>
        outgoing.destroy(),
      );
      return RESPONSE_ALREADY_SENT;
    },
    { overrideGlobalObjects: false, errorHandler: () => refuse('bad-request') },
  );
  const settings = {
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: options.headersMs,
    requestTimeout: options.wholeRequestMs,
    connectionsCheckingInterval: options.checkMs,
    keepAliveTimeout: 5000,
  };
  const handle = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    listener(incoming, outgoing).catch(() => outgoing.destroy());
  };
  const server: Server = options.tls
    ? createSecure({ ...settings, ...options.tls }, handle)
    : createPlain(settings, handle);
  server.maxHeadersCount = 0; // counted above: the server's own limit drops the rest in silence
  server.on('clientError', (error, socket) => {
    refuseSocket(error, socket as Socket, answering.get(socket)?.headersSent ?? false);
  });
  const serving = await listen(server, options);

  const stopSchedule = onSchedule(mine.refreshDue, config.bundleSeconds * 1000, now);
  return {
    ...serving,
    close() {
      closing = true;
      stopSchedule();
      return serving.close();
    },
  };
}

function visitor({ headers, socket }: IncomingMessage, header: string | undefined): string {
  if (header === undefined) return socket.remoteAddress ?? '';
  return String(headers[header] ?? '')
    .split(',')
    .at(-1)!
    .trim();
}

/** Calls at once and then whenever it is due, for which the clock may be set: once in a period at least. */
function onSchedule(refreshDue: () => Promise<number>, periodMs: number, now: () => number): () => void {
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const tick = async (): Promise<void> => {
    const due = await refreshDue().catch(() => now() + periodMs);
    if (stopped) return;
    timer = setTimeout(() => void tick(), Math.min(periodMs, Math.max(1, due - now())));
    timer.unref();
  };
  void tick();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}

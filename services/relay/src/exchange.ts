import {
  collect,
  type Deadline,
  declaredLength,
  type FetchedResponse,
  firstOf,
  hasMediaType,
  HttpError,
  readBody,
  withDeadline,
} from '@sotto/http';
import { encapsulated, gatewayFault, mayBeProblem, problemFor } from './response.ts';
import type { Gateway, Limits } from './config.ts';
import { passOn } from './stream.ts';

/** The part of `fetch` that the relay uses. */
export type Send = (url: string, init: RequestInit) => Promise<FetchedResponse>;

export interface ExchangeDeps {
  readonly send: Send;
  /** A signal that aborts after this many milliseconds. */
  readonly timeout: (ms: number) => Deadline;
  readonly limits: Limits;
}

type Upstream = Omit<RequestInit, 'headers'> & { readonly headers: Readonly<Record<string, string>> };

const GATEWAY_PATH = '/.well-known/ohttp-gateway'; // RFC 9540 §4
const INCREMENTAL = { incremental: '?1' };
const MIN_REQUEST = 7 + 32 + 16; // bytes: header, shortest enc, tag
const MAX_PROBLEM = 4096; // bytes

const PLAIN = { request: 'message/ohttp-req', response: 'message/ohttp-res' };
const CHUNKED = { request: 'message/ohttp-chunked-req', response: 'message/ohttp-chunked-res' };

/**
 * Forwards one envelope, and returns its response (RFC 9458 §5, §6.2).
 *
 * Only the body of the client's request is forwarded, with headers that are the same for everyone. It is sent
 * once, also after a fault (§6.5), and it is never merged with an equal request.
 *
 * @param left - aborts when the client closes the connection
 * @throws {HttpError} for every refusal of the relay itself
 */
export async function exchange(
  deps: ExchangeDeps,
  gateway: Gateway,
  request: Request,
  left?: AbortSignal,
): Promise<Response> {
  const type = request.headers.get('content-type');
  if (request.headers.has('content-encoding')) throw new HttpError('unsupported-media-type');
  if (hasMediaType(type, PLAIN.request)) return plain(deps, gateway, request, left);
  if (hasMediaType(type, CHUNKED.request)) return chunked(deps, gateway, request, left);
  throw new HttpError('unsupported-media-type');
}

async function plain(
  deps: ExchangeDeps,
  gateway: Gateway,
  request: Request,
  left: AbortSignal | undefined,
): Promise<Response> {
  const { limits, timeout } = deps;
  const body = await until(timeout(limits.requestMs), (deadline) =>
    readBody(request, { maxBytes: limits.requestBytes, deadline }),
  );
  if (body.length < MIN_REQUEST) throw new HttpError('bad-request');
  return until(timeout(limits.gatewayMs), (deadline) => {
    const signal = left ? firstOf(deadline, left) : deadline;
    return passPlain(deps, gateway, { headers: { 'content-type': PLAIN.request }, body, signal }, deadline);
  });
}

async function passPlain(
  deps: ExchangeDeps,
  gateway: Gateway,
  upstream: Upstream,
  deadline: AbortSignal,
): Promise<Response> {
  const response = await forward(deps, gateway, upstream, deadline);
  if (!isEncapsulated(response, PLAIN.response)) return refusal(response, deadline);
  try {
    const content = await readBody(response, { maxBytes: deps.limits.responseBytes, deadline });
    return encapsulated(content, PLAIN.response);
  } catch (error) {
    discard(response);
    throw gatewayFault(error);
  }
}

/** Stops the deadline when the work has ended. */
async function until<T>(deadline: Deadline, work: (deadline: AbortSignal) => Promise<T>): Promise<T> {
  try {
    return await work(deadline);
  } finally {
    deadline.stop?.();
  }
}

async function chunked(
  deps: ExchangeDeps,
  gateway: Gateway,
  request: Request,
  left: AbortSignal | undefined,
): Promise<Response> {
  const { limits, timeout } = deps;
  if (request.body === null) throw new HttpError('bad-request');
  declaredLength(request.headers, limits.streamBytes); // refuses a body that is too long before it is read
  const deadline = timeout(limits.streamMs);
  const end = left ? firstOf(deadline, left) : deadline;
  const maxBytes = limits.streamBytes;
  const up = await passOn(request.body, { minBytes: MIN_REQUEST, maxBytes, deadline: end });
  const signal = firstOf(end, up.broken);
  const headers = { 'content-type': CHUNKED.request, ...INCREMENTAL };
  let response: FetchedResponse;
  try {
    response = await forward(
      deps,
      gateway,
      { headers, body: up.body, duplex: 'half', signal } as Upstream,
      deadline,
    );
  } catch (error) {
    throw deadline.aborted ? error : new HttpError(up.fault() ?? 'bad-gateway');
  }
  if (!isEncapsulated(response, CHUNKED.response) || response.body === null) {
    return refusal(response, deadline);
  }
  const down = await passOn(response.body, { minBytes: 0, maxBytes, deadline: signal });
  return encapsulated(down.body, CHUNKED.response, INCREMENTAL);
}

/** Sends a request once, with the given headers and the relay's credential and no others. */
async function forward(
  { send }: ExchangeDeps,
  { origin, credential }: Gateway,
  { headers, ...rest }: Upstream,
  deadline: AbortSignal,
): Promise<FetchedResponse> {
  const shown = credential === null ? headers : { ...headers, authorization: `Bearer ${credential}` };
  try {
    const init = { ...rest, method: 'POST', headers: shown, redirect: 'manual' } as const;
    return await withDeadline(deadline, send(origin + GATEWAY_PATH, init));
  } catch {
    throw new HttpError(deadline.aborted ? 'gateway-timeout' : 'bad-gateway');
  }
}

function isEncapsulated({ status, headers }: FetchedResponse, type: string): boolean {
  return (
    status === 200 && !headers.has('content-encoding') && hasMediaType(headers.get('content-type'), type)
  );
}

/** The constant response in place of one that is not encapsulated. */
async function refusal(response: FetchedResponse, deadline: AbortSignal): Promise<Response> {
  if (response.headers.has('content-encoding')) {
    discard(response);
    return problemFor(502, null);
  }
  if (response.body !== null && mayBeProblem(response)) {
    const text = await collect(response.body, MAX_PROBLEM, deadline).catch(() => new Uint8Array(0));
    return problemFor(response.status, new TextDecoder().decode(text));
  }
  discard(response);
  return problemFor(response.status, null);
}

function discard({ body }: FetchedResponse): void {
  body?.cancel().catch(() => {});
}

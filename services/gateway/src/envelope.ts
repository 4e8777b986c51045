import { BhttpError, type RequestStream } from '@sotto/bhttp';
import { HttpError } from '@sotto/http';
import {
  decapsulateChunkedRequest,
  decapsulateRequest,
  MEDIA_TYPES,
  OhttpError,
  type GatewayKey,
  type Hpke,
  type Pull,
} from '@sotto/ohttp';
import type { Tally } from '@sotto/service/metrics';
import type { Random } from '@sotto/wire';
import { joined, receive, type ReceivedRequest } from './arriving.ts';
import type { Body } from './body.ts';
import { BODILESS, targetOf } from './admission/admit.ts';
import { refusalOf, type InnerResponse, type OpenedRequest, type Route } from './exchange.ts';
import { flushedReply } from './flushed-reply.ts';
import { untilGrid, type Pacing } from './pacing.ts';
import { InnerError, OF_BHTTP, type InnerCode } from './problem.ts';
import { paddedReply, streamedReply, type StreamedReply } from './reply.ts';

export interface EnvelopeDeps {
  readonly hpke: Hpke;
  readonly random: Random;
  readonly tally: Tally;
  readonly pacing: Pacing;
  readonly routes: ReadonlyMap<string, Route>;
  /** Aborts after this many milliseconds. */
  readonly deadline: (ms: number) => AbortSignal;
}

/** A decapsulated request, and how its response is encapsulated. */
export interface Envelope {
  readonly opened: Omit<OpenedRequest, 'outer' | 'admit'>;
  seal(response: InnerResponse): Promise<Response>;
}

/** All header fields of a response that a relay sees, whatever the response contains (RFC 9458 §5). */
const headers = (type: string) => ({ 'content-type': type, 'cache-control': 'no-store' });

/** @throws {OhttpError} @throws {HttpError} */
export async function openEnvelope(
  deps: EnvelopeDeps,
  keys: readonly GatewayKey[],
  { pull }: Body,
): Promise<Envelope> {
  const exchange = await decapsulateRequest(deps.hpke, keys, await joined([], pull));
  const arrived = deps.pacing.elapsedMs();
  return {
    opened: { ...exchange, isChunked: false },
    async seal(response) {
      const padded = await paddedReply(response, deps.tally);
      await untilGrid(deps.pacing, arrived);
      const sealed = await exchange.sealResponse(padded, deps.random);
      return new Response(sealed, { headers: headers(MEDIA_TYPES.response) });
    },
  };
}

/**
 * Decapsulates a chunked request up to its final chunk: no service is called before the whole request has
 * arrived. If its row passes content on as it arrives, only the head is decapsulated. The response is sent as
 * it arrives, but not before the request has: a client that could wait for it with the rest of the request
 * would show how far away it is (draft-ietf-ohai-chunked-ohttp §7.1).
 *
 * @throws {OhttpError} @throws {HttpError}
 */
export async function openChunkedEnvelope(
  deps: EnvelopeDeps,
  keys: readonly GatewayKey[],
  body: Body,
  maxBytes: number,
): Promise<Envelope> {
  const { pacing } = deps;
  const exchange = await decapsulateChunkedRequest(deps.hpke, keys, body.pull, maxBytes);
  const request = await receive(exchange.request, (head) => isPassedOn(deps, head, body), maxBytes).catch(
    unfinished,
  );
  const arrived = arrival(request).then(() => pacing.elapsedMs(), unfinished);
  arrived.catch(() => {}); // awaited when there is a response
  return {
    opened: { ...exchange, request, isChunked: true },
    async seal(response) {
      const reply = await replyTo(response, arrived, deps);
      await untilGrid(pacing, await arrived.catch(() => pacing.elapsedMs()));
      const sealed = streamOf(exchange.sealResponse(reply.pull, deps.random), reply.cancel);
      return new Response(sealed, {
        headers: { ...headers(MEDIA_TYPES.chunkedResponse), incremental: '?1' },
      });
    },
  };
}

const arrival = async (request: ReceivedRequest): Promise<void> =>
  request instanceof Uint8Array ? undefined : request.whole;

/**
 * Whether the content of this request goes to its service as it arrives. Then it may take as long as the
 * service may.
 */
function isPassedOn({ routes, deadline }: EnvelopeDeps, head: RequestStream, { extend }: Body): boolean {
  const row = targetOf(head, routes);
  if (row?.stream?.requests !== true || BODILESS.has(head.method)) return false;
  if (head.fields.some(([name]) => name === 'content-length')) return false; // it is checked when the whole request has arrived
  extend(deadline(row.timeoutMs));
  return true;
}

async function replyTo(
  response: InnerResponse,
  arrived: Promise<number>,
  { pacing, tally }: EnvelopeDeps,
): Promise<StreamedReply> {
  const { flushMs } = response;
  if (flushMs === null) return streamedReply(response, tally);
  try {
    return await flushedReply(response, { flushMs, pacing, arrived }, tally);
  } catch (error) {
    const code = codeOfInvalid(error);
    if (code === null) throw error;
    tally.count(`outcomes ${code}`);
    const now = Promise.resolve(pacing.elapsedMs());
    return flushedReply(refusalOf(code, response), { flushMs, pacing, arrived: now }, tally);
  }
}

/** The code of a request that arrived whole and is not valid; null for one that did not arrive. */
function codeOfInvalid(error: unknown): InnerCode | null {
  if (error instanceof BhttpError) return OF_BHTTP[error.code];
  return error instanceof InnerError ? error.code : null;
}

/** A stream that ends without its final chunk is refused as 422; one that is too short to begin, as 400. */
function unfinished(error: unknown): never {
  const isShort = error instanceof OhttpError && error.code === 'truncated';
  throw isShort ? new HttpError('unprocessable-content', { cause: error }) : error;
}

function streamOf(pull: Pull, cancel: () => void): ReadableStream<Uint8Array> {
  return new ReadableStream(
    {
      async pull(controller) {
        const piece = await pull();
        if (piece === null) controller.close();
        else controller.enqueue(piece);
      },
      cancel,
    },
    { highWaterMark: 0 }, // pulls no chunk ahead
  );
}

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
import type { Bytes, Random } from '@sotto/wire';
import type { InnerResponse, OpenedRequest } from './exchange.ts';
import { flushedReply } from './flushed-reply.ts';
import { untilGrid, type Pacing } from './pacing.ts';
import { paddedReply, streamedReply } from './reply.ts';

export interface EnvelopeDeps {
  readonly hpke: Hpke;
  readonly random: Random;
  readonly tally: Tally;
  readonly pacing: Pacing;
}

/** A decapsulated request, and how its response is encapsulated. */
export interface Envelope {
  readonly opened: Omit<OpenedRequest, 'outer'>;
  seal(response: InnerResponse): Promise<Response>;
}

/** All header fields that a relay sees of a response, whatever is in it (RFC 9458 §5). */
const headers = (type: string) => ({ 'content-type': type, 'cache-control': 'no-store' });

/** @throws {OhttpError} @throws {HttpError} */
export async function openEnvelope(
  deps: EnvelopeDeps,
  keys: readonly GatewayKey[],
  body: Pull,
): Promise<Envelope> {
  const exchange = await decapsulateRequest(deps.hpke, keys, await joined(body));
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
 * Decapsulates a chunked request up to its final chunk: no service is called before the whole request has arrived. The
 * response is sent as it arrives.
 *
 * @throws {OhttpError} @throws {HttpError}
 */
export async function openChunkedEnvelope(
  deps: EnvelopeDeps,
  keys: readonly GatewayKey[],
  body: Pull,
  maxBytes: number,
): Promise<Envelope> {
  const exchange = await decapsulateChunkedRequest(deps.hpke, keys, body, maxBytes);
  const whole = await joined(exchange.request).catch(unfinished);
  const arrived = deps.pacing.elapsedMs();
  return {
    opened: { ...exchange, request: whole, isChunked: true },
    async seal(response) {
      const { pacing, tally } = deps;
      const { flushMs } = response;
      const flushing = flushMs === null ? null : { flushMs, pacing, arrivedMs: arrived };
      const reply =
        flushing === null ? streamedReply(response, tally) : await flushedReply(response, flushing, tally);
      await untilGrid(pacing, arrived);
      const sealed = streamOf(exchange.sealResponse(reply.pull, deps.random), reply.cancel);
      return new Response(sealed, {
        headers: { ...headers(MEDIA_TYPES.chunkedResponse), incremental: '?1' },
      });
    },
  };
}

/** A stream that ends without its final chunk is refused as 422; one that is too short to begin, as 400. */
function unfinished(error: unknown): never {
  const isShort = error instanceof OhttpError && error.code === 'truncated';
  throw isShort ? new HttpError('unprocessable-content', { cause: error }) : error;
}

/** Joins all pieces in one buffer that doubles. The source limits their sum. */
async function joined(pull: Pull): Promise<Bytes> {
  let buffer = new Uint8Array(4096);
  let length = 0;
  for (let piece = await pull(); piece !== null; piece = await pull()) {
    if (length + piece.length > buffer.length) {
      const larger = new Uint8Array(Math.max(2 * buffer.length, length + piece.length));
      larger.set(buffer.subarray(0, length));
      buffer = larger;
    }
    buffer.set(piece, length);
    length += piece.length;
  }
  return buffer.subarray(0, length);
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

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
import type { Answer, Opened } from './exchange.ts';
import { untilGrid, type Pacing } from './pacing.ts';
import { paddedReply, streamedReply } from './reply.ts';

export interface EnvelopeDeps {
  readonly hpke: Hpke;
  readonly random: Random;
  readonly tally: Tally;
  readonly pacing: Pacing;
}

/** A request out of its envelope, and how its answer goes back. */
export interface Envelope {
  readonly opened: Omit<Opened, 'outer'>;
  seal(answer: Answer): Promise<Response>;
}

/** All that a relay sees of any answer, whatever is in it (RFC 9458 §5). */
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
    async seal(answer) {
      const response = await paddedReply(answer, deps.tally);
      await untilGrid(deps.pacing, arrived);
      const sealed = await exchange.sealResponse(response, deps.random);
      return new Response(sealed, { headers: headers(MEDIA_TYPES.response) });
    },
  };
}

/**
 * Opens a request in chunks, up to its final one: no service is called before all of it is known to be there. The answer
 * goes back as it comes.
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
    async seal(answer) {
      const reply = streamedReply(answer, deps.tally);
      await untilGrid(deps.pacing, arrived);
      const sealed = streamOf(exchange.sealResponse(reply.pull, deps.random), reply.cancel);
      return new Response(sealed, {
        headers: { ...headers(MEDIA_TYPES.chunkedResponse), incremental: '?1' },
      });
    },
  };
}

/** What ends without a final chunk may be whole or not: it does not open, unlike what is too short to begin. */
function unfinished(error: unknown): never {
  const isShort = error instanceof OhttpError && error.code === 'truncated';
  throw isShort ? new HttpError('unprocessable-content', { cause: error }) : error;
}

/** All pieces in one buffer that doubles; the source bounds them. */
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
    { highWaterMark: 0 }, // no chunk before it is asked for
  );
}

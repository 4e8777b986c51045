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
import type { Bytes, Random } from '@sotto/wire';
import type { Answer, Opened } from './exchange.ts';
import type { Tally } from '@sotto/service/metrics';
import type { Share } from './budget.ts';
import { paddedReply, streamedReply } from './reply.ts';

/** Bytes of an encapsulated request at most. */
export const MAX_REQUEST = (1 << 20) + (1 << 16);

export interface EnvelopeDeps {
  readonly hpke: Hpke;
  readonly random: Random;
  readonly tally: Tally;
  /** Aborts when the time for the whole request is over. */
  readonly deadline: (ms: number) => AbortSignal;
}

/** A request out of its envelope, and how its answer goes back. */
export interface Envelope {
  readonly opened: Omit<Opened, 'outer'>;
  seal(answer: Answer): Promise<Response>;
}

const UPLOAD_MS = 30_000;

/** All that a relay sees of any answer, whatever is in it (RFC 9458 §5). */
const headers = (type: string) => ({ 'content-type': type, 'cache-control': 'no-store' });

/** @throws {OhttpError} @throws {HttpError} */
export async function openEnvelope(
  deps: EnvelopeDeps,
  keys: readonly GatewayKey[],
  request: Request,
  share: Share,
): Promise<Envelope> {
  const { source, cancel } = bodyOf(request, deps.deadline(UPLOAD_MS), share);
  const body = await joined(source).catch((error: unknown) => {
    cancel();
    throw error;
  });
  const exchange = await decapsulateRequest(deps.hpke, keys, body);
  return {
    opened: exchange,
    async seal(answer) {
      const response = await paddedReply(answer, deps.tally);
      const sealed = await exchange.sealResponse(response, deps.random);
      return new Response(sealed, { headers: headers(MEDIA_TYPES.response) });
    },
  };
}

/**
 * Opens a request in chunks, up to its final one: no service is asked before all of it is known to be there.
 * The answer goes back as it comes.
 *
 * @throws {OhttpError} @throws {HttpError}
 */
export async function openChunkedEnvelope(
  deps: EnvelopeDeps,
  keys: readonly GatewayKey[],
  request: Request,
  share: Share,
): Promise<Envelope> {
  const { source, cancel } = bodyOf(request, deps.deadline(UPLOAD_MS), share);
  try {
    const exchange = await decapsulateChunkedRequest(deps.hpke, keys, source, MAX_REQUEST);
    const whole = await joined(exchange.request).catch(unfinished);
    return {
      opened: { ...exchange, request: whole },
      async seal(answer) {
        const reply = streamedReply(answer, deps.tally);
        const sealed = streamOf(exchange.sealResponse(reply.pull, deps.random), reply.cancel);
        return new Response(sealed, {
          headers: { ...headers(MEDIA_TYPES.chunkedResponse), incremental: '?1' },
        });
      },
    };
  } catch (error) {
    cancel();
    throw error;
  }
}

/** What ends without a final chunk may be whole or not: it does not open, unlike what is too short to begin. */
function unfinished(error: unknown): never {
  const isShort = error instanceof OhttpError && error.code === 'truncated';
  throw isShort ? new HttpError('unprocessable-content', { cause: error }) : error;
}

/** A body as a pull that refuses to give too much, or to take too long. */
function bodyOf(
  { body }: Request,
  deadline: AbortSignal,
  share: Share,
): { source: Pull; cancel: () => void } {
  if (body === null) return { source: async () => null, cancel: () => {} };
  const reader = body.getReader();
  const cancel = (): void => {
    deadline.removeEventListener('abort', cancel);
    reader.cancel().catch(() => {});
  };
  deadline.addEventListener('abort', cancel, { once: true });
  let length = 0;
  const source: Pull = async () => {
    const { done, value } = await reader.read().catch((cause: unknown) => {
      throw new HttpError('bad-request', { cause });
    });
    if (deadline.aborted) throw new HttpError('request-timeout');
    if (done) {
      deadline.removeEventListener('abort', cancel);
      return null;
    }
    length += value.length;
    if (length > MAX_REQUEST) throw new HttpError('content-too-large');
    if (!share.take(value.length)) throw new HttpError('unavailable');
    return value as Bytes;
  };
  return { source, cancel };
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

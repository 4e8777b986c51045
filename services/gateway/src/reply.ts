import {
  encodeResponse,
  END_OF_CONTENT,
  messageParts,
  type BhttpResponse,
  type PartLimits,
} from '@sotto/bhttp';
import { collect } from '@sotto/http';
import type { Pull } from '@sotto/ohttp';
import { EMPTY, varint, type Bytes } from '@sotto/wire';
import type { Tally } from '@sotto/service/metrics';
import { innerProblem, type InnerResponse } from './exchange.ts';
import { INNER, serviceFault } from './problem.ts';
import type { ServiceResponse } from './service/service.ts';

/** Plaintext bytes of a chunk: what every receiver accepts (draft-ietf-ohai-chunked-ohttp §3). */
const CHUNK = 16_384;

const withContent = ({ status, fields }: ServiceResponse, content: Bytes): BhttpResponse => ({
  informational: [],
  status,
  fields,
  content,
  trailers: [],
});

/**
 * Pads a whole response to its length. A body that fails or does not fit becomes a problem of that length.
 */
export async function paddedReply(response: InnerResponse, tally: Tally): Promise<Bytes> {
  const { length, deadline, content, declaredLength, release } = response;
  try {
    const whole =
      content instanceof Uint8Array
        ? content
        : await collect(content, length, deadline ?? never(), declaredLength);
    return encodeResponse(withContent(response, whole), { length });
  } catch (error) {
    const { code } = serviceFault(error, deadline);
    tally.count(`outcomes ${code}`);
    const problem = innerProblem(INNER[code]);
    return encodeResponse(withContent(problem, problem.content as Bytes), { length });
  } finally {
    release();
  }
}

/** A response that is encoded while it is read. */
export interface StreamedReply {
  readonly pull: Pull;
  /** Cancels the response of the service. */
  readonly cancel: () => void;
}

/**
 * Pads a response while it arrives, in chunks of 16,384 bytes. Their number and sizes follow from its length alone.
 *
 * The status is sent before the body is known to be whole. A body that then fails, or does not fit, is filled
 * up to the same length with bytes that no decoder accepts.
 */
export function streamedReply(response: InnerResponse, tally: Tally): StreamedReply {
  const stop = new AbortController();
  let room = response.length - END_OF_CONTENT.length - BROKEN.length;
  const parts = replyParts(response, stop.signal, tally, { fits: (length) => (room -= length) >= 0 });
  let part: Bytes = EMPTY;
  let left = response.length;
  const pull: Pull = async () => {
    if (left === 0) return null;
    const chunk = new Uint8Array(Math.min(CHUNK, left)); // bytes that no part fills are padding
    for (let at = 0; at < chunk.length;) {
      if (part.length === 0) {
        const next = await parts.next();
        if (next.done === true) break;
        part = next.value;
      }
      const some = part.subarray(0, chunk.length - at);
      chunk.set(some, at);
      part = part.subarray(some.length);
      at += some.length;
    }
    left -= chunk.length;
    return chunk;
  };
  return { pull, cancel: () => letGo(response, stop) };
}

/** Ends the reading of a response, or cancels it if reading has not begun. */
export function letGo({ content, release }: InnerResponse, stop: AbortController): void {
  stop.abort();
  release();
  if (!(content instanceof Uint8Array) && !content.locked) content.cancel().catch(() => {});
}

/** A piece of content of 2^53 - 1 bytes: whatever follows is shorter, so the message is truncated, and invalid. */
export const BROKEN = varint(Number.MAX_SAFE_INTEGER);

/** The parts of a response. The last one is BROKEN if the body failed or did not fit. */
export async function* replyParts(
  response: InnerResponse,
  stop: AbortSignal,
  tally: Tally,
  limits: PartLimits,
): AsyncGenerator<Bytes, void> {
  const { status, fields } = response;
  try {
    yield* messageParts({ informational: [], status, fields }, piecesOf(response, stop), limits);
  } catch (error) {
    tally.count(`outcomes ${serviceFault(error, response.deadline).code}`);
    yield BROKEN;
  } finally {
    response.release();
  }
}

/** The pieces of a body, none of them empty, until it ends or a signal aborts it. */
async function* piecesOf(
  { content, deadline }: InnerResponse,
  stop: AbortSignal,
): AsyncGenerator<Bytes, void> {
  if (content instanceof Uint8Array) {
    if (content.length > 0) yield content;
    return;
  }
  const reader = content.getReader();
  const end = (): void => void reader.cancel().catch(() => {}); // ends the pending read
  const ends = [stop, ...(deadline === null ? [] : [deadline])];
  for (const signal of ends) signal.addEventListener('abort', end, { once: true });
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (ends.some(({ aborted }) => aborted)) throw new Error('too late');
      if (done) return;
      if (value.length > 0) yield value as Bytes;
    }
  } finally {
    end();
    for (const signal of ends) signal.removeEventListener('abort', end);
  }
}

const never = (): AbortSignal => new AbortController().signal;

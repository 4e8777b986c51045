import { encodeResponse, type BhttpResponse } from '@sotto/bhttp';
import { collect } from '@sotto/http';
import type { Pull } from '@sotto/ohttp';
import { EMPTY, varint, type Bytes } from '@sotto/wire';
import type { Tally } from '@sotto/service/metrics';
import { problemAnswer, type Answer } from './exchange.ts';
import { INNER, InnerError, serviceFault } from './problem.ts';
import type { ServiceAnswer } from './service/service.ts';

/** Plaintext bytes of a chunk: what every receiver takes (draft-ietf-ohai-chunked-ohttp §3). */
export const CHUNK = 16_384;

const withContent = ({ status, fields }: ServiceAnswer, content: Bytes): BhttpResponse => ({
  informational: [],
  status,
  fields,
  content,
  trailers: [],
});

/** An answer, whole and padded to its one length. What breaks off or does not fit is a problem of that length. */
export async function paddedReply(answer: Answer, tally: Tally): Promise<Bytes> {
  const { length, deadline, content, release } = answer;
  try {
    const whole =
      content instanceof Uint8Array ? content : await collect(content, length, deadline ?? never());
    return encodeResponse(withContent(answer, whole), { length });
  } catch (error) {
    const { code } = serviceFault(error, deadline);
    tally.count(`outcomes ${code}`);
    const problem = problemAnswer(INNER[code]);
    return encodeResponse(withContent(problem, problem.content as Bytes), { length });
  } finally {
    release();
  }
}

/** A reply made while it is read. */
export interface StreamedReply {
  readonly pull: Pull;
  /** Lets go of the service's answer. */
  readonly cancel: () => void;
}

/**
 * An answer as it comes, in chunks of 16,384 bytes whose number and sizes follow from its one length alone.
 *
 * The status leaves before the body is known to be whole. A body that then breaks off, or does not fit,
 * is filled up to the same length with bytes that no decoder takes for a message.
 */
export function streamedReply(answer: Answer, tally: Tally): StreamedReply {
  const stop = new AbortController();
  const parts = messageParts(answer, stop.signal, tally);
  let part: Bytes = EMPTY;
  let left = answer.length;
  const pull: Pull = async () => {
    if (left === 0) return null;
    const chunk = new Uint8Array(Math.min(CHUNK, left)); // what no part fills is padding
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
  const cancel = (): void => {
    stop.abort();
    const { content, release } = answer; // nobody reads what was not begun
    release();
    if (!(content instanceof Uint8Array) && !content.locked) content.cancel().catch(() => {});
  };
  return { pull, cancel };
}

/** The end of content, then that of trailers without a line (RFC 9292 §3.2). */
const END = Uint8Array.of(0, 0);

/** A piece of content of 2^53 - 1 bytes: whatever follows is shorter, so the message is truncated, and invalid. */
const BROKEN = varint(Number.MAX_SAFE_INTEGER);

/** An indeterminate-length response (RFC 9292 §3.2), part by part. */
async function* messageParts(answer: Answer, stop: AbortSignal, tally: Tally): AsyncGenerator<Bytes, void> {
  const framing = 'indeterminate-length';
  const head = encodeResponse(withContent(answer, EMPTY), { framing }).subarray(0, -END.length);
  let room = answer.length - head.length - END.length - BROKEN.length;
  yield head;
  try {
    for await (const piece of piecesOf(answer, stop)) {
      const length = varint(piece.length);
      room -= length.length + piece.length;
      if (room < 0) throw new InnerError('bad-gateway');
      yield length;
      yield piece;
    }
    yield END;
  } catch (error) {
    tally.count(`outcomes ${serviceFault(error, answer.deadline).code}`);
    yield BROKEN;
  } finally {
    answer.release();
  }
}

/** The pieces of a body, none of them empty, until it ends or must. */
async function* piecesOf({ content, deadline }: Answer, stop: AbortSignal): AsyncGenerator<Bytes, void> {
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

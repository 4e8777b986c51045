import { flushedChunks, MAX_CHUNK, MAX_FLUSHED_PIECE } from '@sotto/ohttp';
import type { Tally } from '@sotto/service/metrics';
import type { Bytes } from '@sotto/wire';
import type { InnerResponse } from './exchange.ts';
import { untilGrid, type Pacing } from './pacing.ts';
import { letGo, replyParts, type StreamedReply } from './reply.ts';

const MAX_HELD = 4 * MAX_CHUNK; // bytes that wait for the next flush; then the service has to wait

/** When and how a reply is sent. */
export interface ReplyTimes {
  readonly flushMs: number;
  readonly pacing: Pacing;
  /** When the whole request had arrived, by the timer of `pacing`. Rejects if it does not arrive. */
  readonly arrived: Promise<number>;
}

/**
 * Sends a response while it arrives, at every multiple of `flushMs` after the request: the bytes that have
 * arrived since the last flush, in chunks of at most 16,384 bytes, or nothing if there are none. All
 * responses of a service have one length on the wire, whatever the number of their chunks: the last flush has
 * the padding. It resolves at the first flush.
 *
 * It holds at most 65,536 bytes and one piece of the service; while the request is still arriving, all of the
 * response, so that a service may send it while it reads. A body that fails, or does not fit, ends as in
 * `streamedReply`, at the next flush.
 *
 * @throws the error of `arrived`; the response of the service is cancelled
 */
export async function flushedReply(
  response: InnerResponse,
  { flushMs, pacing, arrived }: ReplyTimes,
  tally: Tally,
): Promise<StreamedReply> {
  const stop = new AbortController();
  let isWhole = false;
  const nextFlush = async (): Promise<void> => {
    const arrivedMs = await arrived;
    isWhole = true;
    await untilGrid({ ...pacing, gridMs: flushMs }, arrivedMs);
  };
  const chunks = flushedChunks(
    (fits) => replyParts(response, stop.signal, tally, { fits, maxPiece: MAX_FLUSHED_PIECE }),
    { length: response.length, nextFlush, maxHeld: () => (isWhole ? MAX_HELD : Infinity) },
  );
  let first: Promise<IteratorResult<Bytes, void>> | null = chunks.next();
  const cancel = (): void => letGo(response, stop);
  await first.catch((error: unknown) => {
    cancel();
    throw error;
  });
  return {
    async pull() {
      const next = first ?? chunks.next();
      first = null;
      return (await next).value ?? null;
    },
    cancel,
  };
}

import { BhttpError, messageParts } from '@sotto/bhttp';
import { flushedChunks, MAX_CHUNK, MAX_FLUSHED_PIECE, type Pull } from '@sotto/ohttp';
import { piecesOf } from './body.ts';
import { ClientError, clientError } from './error.ts';
import type { RequestHead } from './inner.ts';
import type { ClientPlatform } from './platform.ts';

/** Data is sent at multiples of this time. It is the same for every client, so that it does not mark one. */
const FLUSH_SECONDS = 0.1;
const MAX_HELD = 4 * MAX_CHUNK; // bytes that wait for the next flush; then the source has to wait

/** A request whose content is sent as it is read. */
export interface Upload {
  /** The padded Binary HTTP request, one chunk per call. */
  readonly plaintext: Pull;
  /** Aborts when the content broke off, was not bytes or did not fit: its reason is the ClientError. */
  readonly failed: AbortSignal;
  /** Gives up the source, if it was not read to its end. */
  readonly cancel: (reason: unknown) => void;
}

/**
 * A request in indeterminate-length framing, in chunks on a grid of 100 ms, padded to one length on the wire.
 *
 * @param length - bytes of a padded request: all requests have as many bytes on the wire as one in full chunks
 */
export function streamedUpload(
  head: RequestHead,
  body: ReadableStream<Uint8Array>,
  length: number,
  sleep: NonNullable<ClientPlatform['sleep']>,
): Upload {
  const reader = body.getReader();
  const failing = new AbortController();
  const ticks = ticking(sleep);
  const chunks = flushedChunks(
    (fits) => messageParts(head, piecesOf(reader), { fits, maxPiece: MAX_FLUSHED_PIECE }),
    { length, nextFlush: () => ticks.next(), maxHeld: () => MAX_HELD },
  );
  const cancel = (reason: unknown): void => {
    ticks.stop();
    reader.cancel(reason).catch(() => {});
  };
  return {
    failed: failing.signal,
    cancel,
    async plaintext() {
      try {
        const { value } = await chunks.next();
        if (value === undefined) ticks.stop();
        return value ?? null;
      } catch (error) {
        const tooLong = error instanceof BhttpError && error.code === 'too-long';
        failing.abort(tooLong ? new ClientError('query-too-long') : clientError(error, 'request-broken'));
        cancel(error);
        throw error;
      }
    },
  };
}

/**
 * A clock that also ticks when there is nothing to send, so that the times of sending reveal less about the
 * times at which pieces arrived.
 */
function ticking(sleep: (seconds: number) => Promise<void>): { next(): Promise<void>; stop(): void } {
  let isStopped = false;
  let tick: Promise<void>;
  const run = async (): Promise<void> => {
    tick = sleep(FLUSH_SECONDS);
    await tick;
    if (!isStopped) void run();
  };
  void run();
  return { next: () => tick, stop: () => void (isStopped = true) };
}

import { HttpError, withDeadline } from '@sotto/http';
import type { Pull } from '@sotto/ohttp';
import type { Bytes } from '@sotto/wire';
import type { Pacing } from './pacing.ts';
import type { Uploads } from './uploads.ts';

export interface BodyDeps {
  readonly uploads: Uploads;
  /** Aborts after this many milliseconds. */
  readonly deadline: (ms: number) => AbortSignal;
  readonly elapsedMs: Pacing['elapsedMs'];
}

export interface BodyLength {
  readonly maxBytes: number;
  /** The Content-Length of the request, if it has one: a body that has reached it is complete. */
  readonly declared: number | undefined;
}

/** The body of a request, piece by piece. */
export interface Body {
  /** The next piece, null at the end. Rejects with HttpError if the body is too long, too slow, or there is no room. */
  readonly pull: Pull;
  /** From now on the body may take until this deadline, with any pauses. */
  readonly extend: (until: AbortSignal) => void;
  /**
   * From now on the body is not ended to make room for another one: its token is redeemed, or its service has
   * a free place for it.
   */
  readonly admit: () => void;
  /**
   * Releases what was not read and the memory of what was. Must be called once, when the request is finished.
   */
  readonly release: () => void;
}

const WHOLE_MS = 30_000;
const IDLE_MS = 5000; // between two pieces

/** @throws {HttpError} `unavailable` if too many bodies are on their way */
export function bodyOf(
  { body }: Pick<Request, 'body'>,
  { maxBytes, declared }: BodyLength,
  { uploads, deadline, elapsedMs }: BodyDeps,
): Body {
  const reader = body?.getReader();
  const cancel = (): void => void reader?.cancel().catch(() => {});
  let isEnded = false; // to make room for another upload
  const share = uploads.begin(() => {
    isEnded = true;
    cancel();
  });
  const began = elapsedMs();
  let whole: AbortSignal | null = null; // begins with the second piece: the first one has less time than the whole
  let idle = (): AbortSignal => deadline(IDLE_MS);
  let length = 0;
  const isComplete = (): boolean => length === declared;
  const next = async (): Promise<Bytes | null> => {
    if (reader === undefined || isComplete()) return null;
    if (length > 0) whole ??= deadline(Math.max(0, WHOLE_MS - Math.floor(elapsedMs() - began)));
    const reading = reader.read().catch((cause: unknown) => {
      throw new HttpError('bad-request', { cause });
    });
    const piece = withDeadline(idle(), reading);
    const { done, value } = await (whole === null ? piece : withDeadline(whole, piece));
    if (isEnded) throw new HttpError('request-timeout');
    return done ? null : (value as Bytes);
  };
  return {
    async pull() {
      const piece = await next().catch((error: unknown) => {
        throw error instanceof HttpError ? error : new HttpError('request-timeout', { cause: error });
      });
      if (piece === null) {
        share.complete();
        return null;
      }
      length += piece.length;
      if (length > maxBytes) throw new HttpError('content-too-large');
      share.take(piece.length);
      return piece;
    },
    extend(until) {
      whole = until;
      idle = () => until;
    },
    admit: () => share.complete(),
    release() {
      if (!isComplete()) cancel();
      share.release();
    },
  };
}

import { HttpError, type ProblemCode } from '@sotto/http';

/** A stream that the relay forwards, with a byte and time limit. */
export interface Passing {
  readonly body: ReadableStream<Uint8Array>;
  /** Why the stream failed at the relay or at its source; null while it has not. */
  readonly fault: () => ProblemCode | null;
  /**
   * Aborts at a fault, before the stream fails. Code that sends the stream must watch it, because workerd
   * ends a request whose body fails as if it were complete.
   */
  readonly broken: AbortSignal;
}

export interface PassingLimits {
  /** At least this many bytes must arrive before any is forwarded. */
  readonly minBytes: number;
  readonly maxBytes: number;
  readonly deadline: AbortSignal;
}

/**
 * Forwards a stream as it arrives, one read for each pull, so that a slow receiver slows the sender.
 *
 * After a fault the stream fails; it never ends as if it were complete.
 *
 * @throws {HttpError} when the source ends, fails or is late within the first `minBytes`
 */
export async function passOn(
  source: ReadableStream<Uint8Array>,
  { minBytes, maxBytes, deadline }: PassingLimits,
): Promise<Passing> {
  const reader = source.getReader();
  const breaking = new AbortController();
  let fault: ProblemCode | null = null;
  let length = 0;
  const cancel = (): void => void reader.cancel().catch(() => {});
  const breakOff = (error: HttpError): HttpError => {
    fault ??= error.code;
    breaking.abort();
    cancel();
    return error;
  };

  const next = async (): Promise<Uint8Array | null> => {
    try {
      if (deadline.aborted) throw new HttpError('request-timeout');
      const { done, value } = await reader.read();
      if (deadline.aborted) throw new HttpError('request-timeout');
      if (done) return null;
      length += value.length;
      if (length > maxBytes) throw new HttpError('content-too-large');
      return value;
    } catch (error) {
      throw breakOff(error instanceof HttpError ? error : new HttpError('bad-request'));
    }
  };

  deadline.addEventListener('abort', cancel, { once: true }); // ends a pending read
  const head: Uint8Array[] = [];
  for (let missing = minBytes; missing > 0; missing = minBytes - length) {
    const chunk = await next();
    if (chunk === null) throw new HttpError('bad-request');
    head.push(chunk);
  }
  let stop = cancel;
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      // At once, and not at the next pull: a reader that has stopped pulling must not hold anything after the
      // deadline.
      stop = () => controller.error(breakOff(new HttpError('request-timeout')));
      if (deadline.aborted) stop();
      else deadline.addEventListener('abort', stop, { once: true });
    },
    async pull(controller) {
      const chunk = head.shift() ?? (await next());
      if (chunk !== null) return controller.enqueue(chunk);
      deadline.removeEventListener('abort', stop);
      controller.close();
    },
    cancel,
  });
  deadline.removeEventListener('abort', cancel);
  return { body, fault: () => fault, broken: breaking.signal };
}

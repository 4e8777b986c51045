import { HttpError, type ProblemCode } from '@sotto/http';

/** A stream on its way through the relay, counted and timed. */
export interface Passing {
  readonly body: ReadableStream<Uint8Array>;
  /** Why the stream was broken off by us or by its source; null while all is well. */
  readonly fault: () => ProblemCode | null;
  /**
   * Aborts at a fault, before the stream errs. Whoever sends the stream must watch it: workerd ends a
   * request whose body errs as if it were whole.
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
 * Passes a stream on as it comes, one read for one pull, so that a slow end slows the other.
 *
 * Whatever goes wrong breaks the stream off; it never ends as if it were whole.
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
      // At once, and not at the next pull: a reader that has stopped pulling holds nothing beyond the deadline.
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

import type { Lock } from './platform.ts';

/** Settles as `promise` does; rejects with the result of `error` if `signal` aborts first. */
export function withDeadline<T>(
  promise: Promise<T>,
  signal: AbortSignal | undefined,
  error: () => Error,
): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(error());
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

/** Settles as `promise` does; rejects with the reason of `signal` if it aborts first. */
export const unlessAborted = <T>(signal: AbortSignal | undefined, promise: Promise<T>): Promise<T> =>
  withDeadline(promise, signal, () => signal?.reason as Error);

/**
 * Runs `task` under a lock; rejects with the result of `error` if `signal` aborts before the lock is granted. Then the
 * task does not run, even if the lock is granted later.
 */
export function lockWithin(
  lock: Lock,
  name: string,
  signal: AbortSignal | undefined,
  error: () => Error,
  task: () => Promise<void>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(error());
    signal?.addEventListener('abort', abort, { once: true });
    lock(name, async () => {
      if (signal?.aborted === true) return;
      signal?.removeEventListener('abort', abort);
      await task();
    }).then(resolve, reject);
  });
}

/** A signal that aborts when one of two does. `AbortSignal.any` is not on every platform. */
export function anySignal(one?: AbortSignal, other?: AbortSignal): AbortSignal | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  const controller = new AbortController();
  for (const signal of [one, other]) {
    if (signal.aborted) controller.abort(signal.reason);
    else signal.addEventListener('abort', () => controller.abort(signal.reason), { once: true });
  }
  return controller.signal;
}

import { HttpError } from './error.ts';

/** A signal that aborts after some time. `stop` clears its timer, if that would outlive the work and keep its memory. */
export type Deadline = AbortSignal & { readonly stop?: () => void };

/**
 * Aborts with the first of these signals.
 *
 * It replaces `AbortSignal.any`, whose sources Node 20 may collect before they abort.
 */
export function firstOf(...signals: readonly AbortSignal[]): AbortSignal {
  const controller = new AbortController();
  for (const signal of signals) {
    if (signal.aborted) controller.abort(signal.reason);
    else signal.addEventListener('abort', () => controller.abort(signal.reason), { once: true });
  }
  return controller.signal;
}

/** Resolves with `pending`, or rejects when `deadline` aborts first. What `pending` does later is ignored. */
export async function withDeadline<T>(deadline: AbortSignal, pending: Promise<T>): Promise<T> {
  let stop = (): void => {};
  const late = new Promise<never>((_resolve, reject) => {
    stop = () => reject(new HttpError('request-timeout'));
    deadline.addEventListener('abort', stop, { once: true });
    if (deadline.aborted) stop();
  });
  try {
    return await Promise.race([pending, late]);
  } finally {
    deadline.removeEventListener('abort', stop);
  }
}

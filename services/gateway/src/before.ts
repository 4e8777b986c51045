/** What comes of a promise, unless the deadline is before it: then it rejects, and the promise is left alone. */
export async function before<T>(deadline: AbortSignal, pending: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const stop = (): void => reject(new Error('late'));
  deadline.addEventListener('abort', stop, { once: true });
  if (deadline.aborted) stop();
  try {
    return await Promise.race([pending, late]);
  } finally {
    deadline.removeEventListener('abort', stop);
  }
}

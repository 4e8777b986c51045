import { NoResponseError, type ProbePlatform } from './live.ts';

/** Limits on the requests of a probe. */
export interface SendLimits {
  /** Requests in all. */
  readonly most: number;
  /** Requests a second; null for no pause, on loopback. */
  readonly rate: number | null;
  readonly timeoutSeconds: number;
}

/** Sends with these limits and one user agent. It throws a NoResponseError when all requests are used. */
export function limited(
  { fetch: send, sleep }: Pick<ProbePlatform, 'fetch' | 'sleep'>,
  { most, rate, timeoutSeconds }: SendLimits,
): typeof fetch {
  let left = most;
  let gate: Promise<void> = Promise.resolve();
  return async (input, init = {}) => {
    if (left === 0) throw new NoResponseError(`the limit of ${most} requests is reached`);
    left--;
    if (rate !== null) await (gate = gate.then(() => sleep(1 / rate)));
    const headers = new Headers(init.headers);
    if (!headers.has('user-agent')) headers.set('user-agent', 'sotto-probe');
    return send(input, { ...init, headers, signal: AbortSignal.timeout(timeoutSeconds * 1000) });
  };
}

import { readBody, UnreachableError } from '@sotto/client/http';
import {
  FaultyResponseError,
  NoResponseError,
  type ProbePlatform,
  type ProbeResponse,
  type Send,
} from './live.ts';

/** How the probe may send. */
export interface SendLimits {
  /** Requests in all. */
  readonly most: number;
  /** Requests a second; null for no pause, on loopback. */
  readonly rate: number | null;
  readonly timeoutSeconds: number;
}

const MOST_BYTES = 16 * 2 ** 20; // of one response
const MOST_SILENCE = 3; // requests in a row without a response
const MOST_SECONDS = 600; // for all requests and their pauses
const LONGEST_WAIT = 90; // seconds after a 429
const USUAL_WAIT = 60; // seconds after a 429 that does not say how long

/**
 * Sends within these limits, with one user agent and without following redirects. After a 429 it waits and tries once
 * more. Nothing more is sent after three requests without a response, or after ten minutes.
 */
export function sender(
  { fetch: send, sleep, clock }: Pick<ProbePlatform, 'fetch' | 'sleep' | 'clock'>,
  { most, rate, timeoutSeconds }: SendLimits,
): Send {
  const start = clock();
  let left = most;
  let silent = 0; // requests in a row
  let gate: Promise<void> = Promise.resolve();

  const once = async (url: string, init: RequestInit): Promise<ProbeResponse> => {
    if (silent >= MOST_SILENCE)
      throw new NoResponseError(`no response to ${MOST_SILENCE} requests in a row: nothing more is sent`);
    if (clock() - start > MOST_SECONDS * 1000)
      throw new NoResponseError(`the limit of ${MOST_SECONDS / 60} minutes is reached`);
    if (left === 0) throw new NoResponseError(`the limit of ${most} requests is reached`);
    left--;
    if (rate !== null) await (gate = gate.then(() => sleep(1 / rate)));
    const headers = new Headers(init.headers);
    if (!headers.has('user-agent')) headers.set('user-agent', 'sotto-probe');
    try {
      const signal = AbortSignal.timeout(timeoutSeconds * 1000);
      const response = await send(url, { ...init, headers, redirect: 'manual', signal });
      const body = await readBody(response, MOST_BYTES);
      if (response.status !== 429) silent = 0;
      return { status: response.status, headers: response.headers, body };
    } catch (error) {
      if (error instanceof UnreachableError)
        throw new FaultyResponseError(`a response is longer than ${MOST_BYTES / 2 ** 20} MiB`);
      silent++;
      throw new NoResponseError(`no response from ${new URL(url).origin}`);
    }
  };

  return async (url, init = {}) => {
    const first = await once(url, init);
    if (first.status !== 429) return first;
    await sleep(waitOf(first.headers));
    const second = await once(url, init);
    if (second.status !== 429) return second;
    silent++;
    throw new NoResponseError('429: too many requests');
  };
}

/** Seconds that a 429 asks to wait, within bounds. */
function waitOf(headers: Headers): number {
  const value = headers.get('retry-after') ?? '';
  const seconds = /^[0-9]+$/.test(value) ? Number(value) : 0; // a date counts as no number
  return seconds > 0 ? Math.min(LONGEST_WAIT, seconds) : USUAL_WAIT;
}

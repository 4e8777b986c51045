import { collect, firstOf, HttpError, withDeadline } from '@sotto/http';
import {
  decodeRefillResult,
  decodeResult,
  decodeSchedule,
  encodeRedemption,
  encodeRefillCall,
  RedemptionError,
  type IssuerApi,
} from '@sotto/redemption';
import type { Bytes, Random } from '@sotto/wire';
import type { Fetch } from '../service/fetch-service.ts';
import { Turns } from './turns.ts';

/** A process of the issuer, or a balancer before several: all of them have one store. */
export interface Issuer {
  readonly url: string; // of its private listener, without a trailing slash
  readonly send: Fetch;
  /** As `send`, over a new connection, because a kept one may be closed by now. */
  readonly sendAgain: Fetch;
}

export interface IssuerDeps {
  readonly issuers: readonly Issuer[];
  /** The credential that their listeners require. */
  readonly credential: string;
  readonly deadline: (ms: number) => AbortSignal;
  readonly elapsedMs: () => number;
  readonly random: Random;
}

/** A call of one path, and how its response is read. */
interface Call<T> {
  readonly path: string;
  readonly body?: Bytes;
  readonly maxBytes: number; // of the response
  readonly decode: (body: Bytes) => T;
}

const CALL_MS = 5000;
/** After this the next issuer is called, if there is one. */
const ATTEMPT_MS = 2000;
const CALL_ID = 8; // bytes
const MAX_SCHEDULE = 1 << 20; // bytes of JSON
const MAX_RESULT = 1024; // bytes of JSON
const MAX_REFILL = 2 << 20; // bytes of JSON: a pack as long as a length class may be

/**
 * The issuer where there is no service binding, by the private listeners of its processes.
 *
 * A call without a response is repeated, at another process if there is one. All processes find the bytes of
 * the call in their common store, so the second one returns what the first decided.
 */
export function issuerClient(deps: IssuerDeps): IssuerApi {
  const { issuers, deadline, elapsedMs, random } = deps;
  const turns = new Turns(issuers, elapsedMs);
  const attempts = issuers.length + 1; // the last one over a new connection, if the first one broke

  async function call<T>(what: Call<T>): Promise<T> {
    const whole = deadline(CALL_MS);
    const tried = new Set<Issuer>();
    for (let left = attempts; left > 0 && !whole.aborted; left--) {
      const issuer = turns.next(tried);
      tried.add(issuer);
      const mayWait = left === 1 || issuers.length === 1;
      const signal = mayWait ? whole : firstOf(whole, deadline(ATTEMPT_MS));
      const send = left === attempts ? issuer.send : issuer.sendAgain;
      const result = await attempt(send, issuer.url, deps.credential, what, signal);
      turns.report(issuer, result !== null);
      if (result !== null) return result.value;
    }
    throw new HttpError('bad-gateway');
  }

  return {
    redeem: async (redemption) => {
      const body = encodeRedemption({ call: random(CALL_ID), ...redemption });
      return call({ path: '/redeem', maxBytes: MAX_RESULT, body, decode: decodeResult });
    },
    refill: async (refill) => {
      const body = encodeRefillCall({ call: random(CALL_ID), ...refill });
      return call({ path: '/refill', maxBytes: MAX_REFILL, body, decode: decodeRefillResult });
    },
    schedule: async (known) =>
      call({ path: `/schedule?known=${known}`, maxBytes: MAX_SCHEDULE, decode: decodeSchedule }),
  };
}

/**
 * One attempt. Null when there was no response; another attempt may get one.
 *
 * @throws {HttpError} for a response that another attempt would not improve
 */
async function attempt<T>(
  send: Fetch,
  url: string,
  credential: string,
  { path, body, maxBytes, decode }: Call<T>,
  signal: AbortSignal,
): Promise<{ readonly value: T } | null> {
  const sent = send(url + path, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${credential}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body }),
    signal,
  });
  const response = await withDeadline(signal, sent).catch(() => null);
  if (response === null) return null;
  if (response.status !== 200 || response.body === null) {
    response.body?.cancel().catch(() => {});
    if (response.status >= 500) return null;
    throw new HttpError('bad-gateway');
  }
  const bytes = await collect(response.body, maxBytes, signal).catch(() => null);
  if (bytes === null) return null;
  try {
    return { value: decode(bytes) };
  } catch (error) {
    if (!(error instanceof RedemptionError)) throw error;
    throw new HttpError('bad-gateway', { cause: error });
  }
}

import type { BhttpResponse } from '@sotto/bhttp';
import type { UnixSeconds } from '@sotto/wire';
import { ClientError, ErrorCause, type Attempt, type ClientErrorCode } from './error.ts';
import { dateOf, gatewayErrorCode, isFromGateway, gatewayProblem, type InnerRequest } from './inner.ts';

/** A request that is in flight or may be retried. Its text is kept in memory only. */
export interface AttemptState {
  readonly request: InnerRequest;
  /** Content that is sent as it is read: such a request cannot be sent again. */
  readonly body: ReadableStream<Uint8Array> | null;
  /** Whether a 5xx of the service itself is an error, after which the user may retry. */
  readonly ownServerErrors: boolean;
  /** The id of the attempt; null for a service without tokens. */
  readonly id: string | null;
  tries: number;
  /** The gateway's time, used for one retry and for nothing else (RFC 9458 §6.5.2). */
  date: UnixSeconds | null;
  dateUsed: boolean;
}

/** After these errors the token is useless. */
const FINAL_CODES: ReadonlySet<ClientErrorCode> = new Set([
  'spent',
  'token-refused',
  'attempt-over',
  'bundle-refused',
  'request-refused',
]);

/** Whether the user may retry after this error. */
export const mayRetry = (code: ClientErrorCode): boolean => !FINAL_CODES.has(code);

/**
 * The error that a response means: a refusal of the gateway, or a service that is unavailable; else null.
 *
 * @param ownServerErrors - whether a 5xx of the service itself is an error too
 */
export function responseErrorCode(response: BhttpResponse, ownServerErrors: boolean): ClientErrorCode | null {
  const { status } = response;
  if (status < 400) return null;
  const code = gatewayErrorCode(gatewayProblem(response));
  if (code !== null) return code;
  return status >= 500 && (ownServerErrors || isFromGateway(response)) ? 'service-unavailable' : null;
}

/** The gateway's own code of its refusal, if it is one that the client knows; undefined for a response of the service. */
export function gatewayCause(response: BhttpResponse): ErrorCause | undefined {
  const code = gatewayProblem(response);
  return code !== null && gatewayErrorCode(code) !== null ? new ErrorCause(code) : undefined;
}

/** Whether the gateway refused the token's key or the token itself. */
export const refusesKey = (response: BhttpResponse): boolean =>
  response.status >= 400 && gatewayProblem(response) === 'token-invalid';

/** Records the gateway's time for one retry. Returns false after a second refusal, which ends the attempt. */
export function recordGatewayDate(state: AttemptState, response: BhttpResponse): boolean {
  if (state.dateUsed) return false;
  state.date = dateOf(response);
  return true;
}

/** Attempts that may be retried, by the object that the error carries. An attempt lives as long as that object. */
export class Attempts {
  readonly #states = new WeakMap<Attempt, AttemptState>();

  add(state: AttemptState): Attempt {
    const attempt = Object.freeze({ id: state.id ?? '' });
    this.#states.set(attempt, state);
    return attempt;
  }

  /** @throws {ClientError} `attempt-over` */
  find(attempt: Attempt): AttemptState {
    const state = this.#states.get(attempt);
    if (state === undefined) throw new ClientError('attempt-over');
    return state;
  }
}

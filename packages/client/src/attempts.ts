import { ClientError, type Attempt, type ClientErrorCode } from './error.ts';
import { dateOf, doorCode, problemCode, type InnerRequest } from './inner.ts';
import type { BhttpResponse } from '@sotto/bhttp';
import type { UnixSeconds } from '@sotto/wire';

/** A request that is under way or may be made again. The text of it is here, in memory, and nowhere else. */
export interface Remembered {
  readonly request: InnerRequest;
  /** Of the row in the wallet; null for a service without tokens. */
  readonly id: string | null;
  tries: number;
  /** The gateway's time, for one retry and never for anything else (RFC 9458 §6.5.2). */
  date: UnixSeconds | null;
  dateUsed: boolean;
}

/** After these the same token is of no more use. */
const OVER: ReadonlySet<ClientErrorCode> = new Set([
  'spent',
  'token-refused',
  'attempt-over',
  'bundle-refused',
]);

/** Whether the user may ask for the same again. */
export const mayRetry = (code: ClientErrorCode): boolean => !OVER.has(code);

/** What an answer means to the exchange: an error of the door or of a service that is not there; or null. */
export function answerError(response: BhttpResponse): ClientErrorCode | null {
  const { status } = response;
  if (status < 400) return null;
  const code = problemCode(response);
  const door = doorCode(code);
  if (door !== null) return door;
  return status >= 500 ? 'service-unavailable' : null;
}

/** Notes the gateway's time for one retry; a second refusal for the date ends the attempt. */
export function noteDate(remembered: Remembered, response: BhttpResponse): boolean {
  if (remembered.dateUsed) return false;
  remembered.date = dateOf(response);
  return true;
}

/** Attempts by the object that their error carries. Whoever loses it has lost the attempt. */
export class Attempts {
  readonly #kept = new WeakMap<Attempt, Remembered>();

  keep(remembered: Remembered): Attempt {
    const attempt = Object.freeze({ id: remembered.id ?? '' });
    this.#kept.set(attempt, remembered);
    return attempt;
  }

  /** @throws {ClientError} `attempt-over` */
  find(attempt: Attempt): Remembered {
    const remembered = this.#kept.get(attempt);
    if (remembered === undefined) throw new ClientError('attempt-over');
    return remembered;
  }
}

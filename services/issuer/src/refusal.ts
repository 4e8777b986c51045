import type { Bytes } from '@sotto/wire';
import { HttpError, type ProblemCode } from '@sotto/http';

/** Why a request was refused: a closed set, shown in metrics and never to the client. */
export type Reason =
  | 'account'
  | 'account-key'
  | 'batch-size'
  | 'ceiling'
  | 'credential'
  | 'direct'
  | 'element'
  | 'epoch'
  | 'fault'
  | 'key'
  | 'malformed'
  | 'media-type'
  | 'queue'
  | 'quota'
  | 'store';

/** A request that the issuer refuses with one of the constant problems. */
export class Refusal extends HttpError {
  readonly reason: Reason;
  readonly retryAfter: string | undefined;
  /** Hash of the account that was refused, where it is known: 32 bytes. */
  account: Bytes | undefined;

  /** @param retryAfter - a Retry-After that is the same for everyone at the time */
  constructor(code: ProblemCode, reason: Reason, options: ErrorOptions & { retryAfter?: string } = {}) {
    super(code, options);
    this.name = 'Refusal';
    this.reason = reason;
    this.retryAfter = options.retryAfter;
  }
}

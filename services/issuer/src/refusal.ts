import { HttpError, type ProblemCode } from '@sotto/http';

/** Why a request was refused: a closed set, counted and never told. */
export type Reason =
  | 'batch-size'
  | 'ceiling'
  | 'credential'
  | 'element'
  | 'epoch'
  | 'fault'
  | 'key'
  | 'malformed'
  | 'media-type'
  | 'queue'
  | 'quota'
  | 'store';

/** A request that the issuer refuses, by one of the constants of the closed table. */
export class Refusal extends HttpError {
  readonly reason: Reason;
  readonly retryAfter: string | undefined;

  /** @param retryAfter - a Retry-After that is the same for everyone at the time */
  constructor(code: ProblemCode, reason: Reason, options: ErrorOptions & { retryAfter?: string } = {}) {
    super(code, options);
    this.name = 'Refusal';
    this.reason = reason;
    this.retryAfter = options.retryAfter;
  }
}

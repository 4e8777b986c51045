import { PROBLEMS, type Problem, type ProblemCode } from './problem.ts';

/** A request that a service refuses with a problem of the closed table. */
export class HttpError extends Error {
  readonly code: ProblemCode;

  constructor(code: ProblemCode, options?: ErrorOptions) {
    super(code, options);
    this.name = 'HttpError';
    this.code = code;
  }

  get problem(): Problem {
    return PROBLEMS[this.code];
  }
}

export { collect, readBody, type BodyLimits, type FetchedResponse } from './body.ts';
export { declaredLength, parseContentLength } from './content-length.ts';
export { firstOf, withDeadline, type Deadline } from './signal.ts';
export { HttpError } from './error.ts';
export {
  bearerToken,
  CORS,
  CREDENTIAL_WANTED,
  equalText,
  hasMediaType,
  isCredential,
  PREFLIGHT,
} from './headers.ts';
export {
  PROBLEM_TYPE,
  PROBLEMS,
  problemResponse,
  problemText,
  type Problem,
  type ProblemCode,
} from './problem.ts';

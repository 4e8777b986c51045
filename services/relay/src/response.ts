import {
  CORS,
  hasMediaType,
  HttpError,
  problemResponse,
  problemText,
  PROBLEM_TYPE,
  PROBLEMS,
  type Problem,
  type ProblemCode,
} from '@sotto/http';

/** The problem by which a gateway says that a key is gone (RFC 9458 §5.3). */
export const OHTTP_KEY: Problem = {
  status: 400,
  type: 'https://iana.org/assignments/http-problem-types#ohttp-key',
  title: 'Key Configuration Not Acceptable',
  code: 'ohttp-key',
};

const RETRY_AFTER: Partial<Record<ProblemCode, string>> = { 'too-many-requests': '60', unavailable: '30' }; // seconds

/** A refusal in the relay's own name: one of the closed constants. */
export function refuse(code: ProblemCode, headers: Readonly<Record<string, string>> = {}): Response {
  const retry = RETRY_AFTER[code];
  const extra = retry === undefined ? headers : { ...headers, 'retry-after': retry };
  return problemResponse(PROBLEMS[code], { ...CORS, ...extra });
}

const BY_STATUS = new Map<number, ProblemCode>(
  Object.entries(PROBLEMS).map(([code, { status }]) => [status, code as ProblemCode]),
);

/**
 * The relay's response for one of the gateway that is not encapsulated. Its status is kept where it is
 * one of ours; its text never does, but for the one problem type that a client acts upon.
 *
 * @param text - the body, if it is problem+json and short; else null
 */
export function problemFor(status: number, text: string | null): Response {
  if (status === OHTTP_KEY.status && text !== null && problemType(text) === OHTTP_KEY.type) {
    return problemResponse(OHTTP_KEY, CORS);
  }
  if (status >= 400 && status < 500) return refuse(BY_STATUS.get(status) ?? 'bad-request');
  if (status === 503) return refuse('unavailable');
  return refuse(status === 504 ? 'gateway-timeout' : 'bad-gateway');
}

function problemType(text: string): unknown {
  if (text === problemText(OHTTP_KEY)) return OHTTP_KEY.type;
  try {
    const problem: unknown = JSON.parse(text);
    return typeof problem === 'object' && problem !== null && 'type' in problem ? problem.type : null;
  } catch {
    return null;
  }
}

/** Whether this may hold a problem that {@link problemFor} should see. */
export function mayBeProblem({ status, headers }: Pick<Response, 'status' | 'headers'>): boolean {
  return status === OHTTP_KEY.status && hasMediaType(headers.get('content-type'), PROBLEM_TYPE);
}

/** An encapsulated response on its way to the client: these headers and no others. */
export function encapsulated(
  body: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>,
  type: string,
  extra: Readonly<Record<string, string>> = {},
): Response {
  return new Response(body, {
    headers: { 'content-type': type, 'cache-control': 'no-store', ...CORS, ...extra },
  });
}

/** What went wrong while reading from the gateway, as the client is told. */
export function gatewayFault(error: unknown): HttpError {
  const late = error instanceof HttpError && error.code === 'request-timeout';
  return new HttpError(late ? 'gateway-timeout' : 'bad-gateway');
}

/**
 * A problem that a peer may be told about (RFC 9457): a constant, never made from input. `code` is a separate
 * member, because titles are for people.
 */
export interface Problem {
  readonly status: number;
  readonly type: string;
  readonly title: string;
  readonly code: string;
}

const plain = (status: number, code: string, title: string): Problem => ({
  status,
  type: 'about:blank',
  title,
  code,
});

/** Every problem that a service may respond with outside its own protocol: a closed table. */
export const PROBLEMS = {
  'bad-request': plain(400, 'bad-request', 'Bad Request'),
  unauthorized: plain(401, 'unauthorized', 'Unauthorized'),
  forbidden: plain(403, 'forbidden', 'Forbidden'),
  'voucher-required': plain(403, 'voucher-required', 'Voucher Required'),
  'not-found': plain(404, 'not-found', 'Not Found'),
  'vouchers-off': plain(404, 'vouchers-off', 'No Vouchers Issued'),
  'method-not-allowed': plain(405, 'method-not-allowed', 'Method Not Allowed'),
  'request-timeout': plain(408, 'request-timeout', 'Request Timeout'),
  'content-too-large': plain(413, 'content-too-large', 'Content Too Large'),
  'unsupported-media-type': plain(415, 'unsupported-media-type', 'Unsupported Media Type'),
  'unprocessable-content': plain(422, 'unprocessable-content', 'Unprocessable Content'),
  'too-many-requests': plain(429, 'too-many-requests', 'Too Many Requests'),
  'fields-too-large': plain(431, 'fields-too-large', 'Request Header Fields Too Large'),
  'internal-error': plain(500, 'internal-error', 'Internal Server Error'),
  'bad-gateway': plain(502, 'bad-gateway', 'Bad Gateway'),
  unavailable: plain(503, 'unavailable', 'Service Unavailable'),
  'gateway-timeout': plain(504, 'gateway-timeout', 'Gateway Timeout'),
} as const satisfies Record<string, Problem>;

/** The `code` of a problem. */
export type ProblemCode = keyof typeof PROBLEMS;

/** Media type of a problem (RFC 9457 §3). */
export const PROBLEM_TYPE = 'application/problem+json';

/** The body of a problem: JSON text, the same for every request. */
export function problemText({ type, title, status, code }: Problem): string {
  return JSON.stringify({ type, title, status, code });
}

/** A response with a problem as its only content. Caches never store it. */
export function problemResponse(problem: Problem, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(problemText(problem), {
    status: problem.status,
    headers: { 'content-type': PROBLEM_TYPE, 'cache-control': 'no-store', ...headers },
  });
}

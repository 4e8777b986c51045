import { PROBLEMS, type Problem } from '@sotto/http';
import type { BhttpError } from '@sotto/bhttp';
import type { OhttpError } from '@sotto/ohttp';

const REGISTRY = 'https://iana.org/assignments/http-problem-types';

const plain = (status: number, code: string, title: string, type = 'about:blank'): Problem => ({
  status,
  type,
  title,
  code,
});

/** Problems that the relay may see, outside of an envelope (RFC 9458 §5.2). */
export const OUTER = {
  ...PROBLEMS,
  'ohttp-key': plain(400, 'ohttp-key', 'Key Configuration Not Acceptable', `${REGISTRY}#ohttp-key`),
} as const satisfies Record<string, Problem>;

/** Problems that only the client sees, inside an envelope. */
export const INNER = {
  ...PROBLEMS,
  date: plain(400, 'date', 'Date Not Acceptable', `${REGISTRY}#date`),
  'token-required': plain(401, 'token-required', 'Token Required'),
  'token-invalid': plain(401, 'token-invalid', 'Token Invalid'),
  spent: plain(409, 'spent', 'Token Already Spent'),
  replayed: plain(409, 'replayed', 'Request Already Seen'),
  'pack-malformed': plain(422, 'pack-malformed', 'Pack Malformed'),
  'expectation-failed': plain(417, 'expectation-failed', 'Expectation Failed'),
} as const satisfies Record<string, Problem>;

export type InnerCode = keyof typeof INNER;

/** A decapsulated request that is refused: the problem is sent inside the envelope. */
export class InnerError extends Error {
  readonly code: InnerCode;

  constructor(code: InnerCode, options?: ErrorOptions) {
    super(code, options);
    this.name = 'InnerError';
    this.code = code;
  }
}

/** An unusable key is 400 `#ohttp-key`, a message that is too short 400, and one that does not decrypt 422. */
export const OF_OHTTP = {
  'unknown-key-id': OUTER['ohttp-key'],
  'unsupported-kem': OUTER['ohttp-key'],
  'unsupported-suite': OUTER['ohttp-key'],
  truncated: OUTER['bad-request'],
  'open-failed': OUTER['unprocessable-content'],
  'chunk-too-large': OUTER['unprocessable-content'],
  'too-many-chunks': OUTER['unprocessable-content'],
  'no-suites': OUTER['internal-error'],
  'bad-key': OUTER['internal-error'],
  'bad-nonce': OUTER['internal-error'],
} as const satisfies Record<OhttpError['code'], Problem>;

/** The refusal for each error of decoding. Decoding never throws `too-long`. */
export const OF_BHTTP = {
  truncated: 'bad-request',
  'out-of-range': 'bad-request',
  'bad-framing': 'bad-request',
  'bad-control-data': 'bad-request',
  'bad-status': 'bad-request',
  'bad-field-name': 'bad-request',
  'bad-field-value': 'bad-request',
  'pseudo-field': 'bad-request',
  'bad-padding': 'bad-request',
  'fields-too-large': 'fields-too-large',
  'too-long': 'internal-error',
} as const satisfies Record<BhttpError['code'], InnerCode>;

/** A service that is too slow is 504, any other fault of it 502. */
export function serviceFault(error: unknown, deadline: AbortSignal | null): InnerError {
  if (error instanceof InnerError) return error;
  return new InnerError(deadline?.aborted === true ? 'gateway-timeout' : 'bad-gateway', { cause: error });
}

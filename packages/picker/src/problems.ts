import type { ClientErrorCode } from '@sotto/client';

/** What can go wrong, as a person sees it; each has a string of its name that says what to do. */
export type Problem =
  | 'relay'
  | 'issuer'
  | 'account'
  | 'noTokens'
  | 'quota'
  | 'resting'
  | 'keys'
  | 'clock'
  | 'wallet'
  | 'busy'
  | 'query'
  | 'absent'
  | 'missing'
  | 'other';

/** Every code of @sotto/client's errors, and what each means for a person. */
export const OF_CODE: Readonly<Record<ClientErrorCode, Problem>> = {
  config: 'absent',
  'query-empty': 'query',
  'query-too-long': 'query',
  'unknown-service': 'absent',
  'relay-unreachable': 'relay',
  'relay-failed': 'busy',
  'too-many-requests': 'busy',
  'keys-changed': 'busy',
  'bundle-refused': 'keys',
  equivocation: 'keys',
  'clock-wrong': 'clock',
  'issuer-unreachable': 'issuer',
  'issuer-failed': 'issuer',
  'account-refused': 'account',
  quota: 'quota',
  'bad-batch': 'issuer',
  'no-tokens': 'noTokens',
  'tokens-resting': 'resting',
  'token-refused': 'other',
  spent: 'other',
  replayed: 'other',
  'attempt-over': 'other',
  'service-unavailable': 'busy',
  'service-refused': 'other',
  'answer-unreadable': 'other',
  'wallet-unavailable': 'wallet',
};

/** Whether asking again can help. A key that does not verify is not helped by it. */
const RETRY: ReadonlySet<Problem> = new Set(['relay', 'issuer', 'clock', 'wallet', 'busy', 'other']);

/** What its user may go on with all the same: it shows when somebody searches (privacy L6). */
const CONSENT: ReadonlySet<Problem> = new Set(['noTokens', 'resting']);

export function problemOf(error: unknown): Problem {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && Object.hasOwn(OF_CODE, code)
    ? OF_CODE[code as ClientErrorCode]
    : 'other';
}

/** The time that an error names as its end, in seconds since 1970; null for none. */
export function untilOf(error: unknown): number | null {
  const until = (error as { until?: unknown } | null)?.until;
  return typeof until === 'number' ? until : null;
}

export const canRetry = (problem: Problem): boolean => RETRY.has(problem);
export const canConsent = (problem: Problem): boolean => CONSENT.has(problem);

import type { ClientErrorCode } from '@sotto/client';

/** What can go wrong, from the person’s view. The string of the same name says what to do. */
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

/** Every error code of @sotto/client, and the problem that it is for a person. */
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
  'bundle-unlogged': 'keys',
  'bundle-outdated': 'relay',
  'bundle-unconfirmed': 'busy',
  equivocation: 'keys',
  'clock-wrong': 'clock',
  'issuer-unreachable': 'issuer',
  'issuer-failed': 'issuer',
  'account-refused': 'account',
  'policy-required': 'absent',
  'account-unavailable': 'account',
  quota: 'quota',
  'no-vouchers': 'noTokens',
  'refill-failed': 'issuer',
  'refills-ended': 'absent',
  'bad-batch': 'issuer',
  'no-tokens': 'noTokens',
  'tokens-resting': 'resting',
  'token-refused': 'other',
  spent: 'other',
  replayed: 'other',
  'attempt-over': 'other',
  'service-unavailable': 'busy',
  'service-refused': 'other',
  'request-refused': 'other',
  'answer-unreadable': 'other',
  'response-broken': 'other',
  'request-broken': 'other',
  'wallet-unavailable': 'wallet',
  'wallet-busy': 'wallet',
  'wallet-replaced': 'wallet',
  'wallet-unsafe': 'wallet',
};

/** Problems that another try can solve. A key that does not verify stays invalid. */
const RETRY: ReadonlySet<Problem> = new Set(['relay', 'issuer', 'clock', 'wallet', 'busy', 'other']);

/** Problems that the person can consent to ignore, which reveals when they search (privacy L6). */
const CONSENT: ReadonlySet<Problem> = new Set(['noTokens', 'resting']);

/** The problem that an error means; `other` for an error of unknown origin. */
export function problemOf(error: unknown): Problem {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && Object.hasOwn(OF_CODE, code)
    ? OF_CODE[code as ClientErrorCode]
    : 'other';
}

const LATEST = 8.64e12; // seconds; the last time that a Date can represent

/** The time from which an error no longer applies, in seconds since 1970; null if it names none. */
export function untilOf(error: unknown): number | null {
  const until = (error as { until?: unknown } | null)?.until;
  return typeof until === 'number' && Math.abs(until) <= LATEST ? until : null;
}

/** Whether another try can help. */
export const canRetry = (problem: Problem): boolean => RETRY.has(problem);
/** Whether the person can consent to go on. */
export const canConsent = (problem: Problem): boolean => CONSENT.has(problem);

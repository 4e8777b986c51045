import { ProtocolError, type UnixSeconds } from '@sotto/wire';

/** What went wrong, and what a person can do about it. Neither ever quotes a query, a token or an address. */
const SAYINGS = {
  config: ['The client is set up wrongly.', 'Check the relay, issuer and root that the client was given.'],
  'query-empty': ['There is nothing to search for.', 'Type a word or an emoji.'],
  'query-too-long': ['The query is too long to send.', 'Use fewer words: every request has one length.'],
  'unknown-service': ['The key bundle knows no such service.', 'Ask whoever runs the service.'],
  'relay-unreachable': [
    'The relay does not answer.',
    'Check the connection and try again. Nothing was asked in any other way.',
  ],
  'relay-failed': ['The relay or the gateway failed.', 'Try again in a while.'],
  'too-many-requests': ['Too many requests at once.', 'Wait a minute, then try again.'],
  'keys-changed': [
    'The gateway has other keys by now.',
    'Try again in a minute; new keys are being fetched.',
  ],
  'bundle-refused': [
    'The relay showed no key bundle that may be trusted.',
    'Try again later. If it stays, tell whoever runs the service.',
  ],
  equivocation: [
    'Two different key bundles were shown for one day.',
    'Somebody may be shown other keys than the rest. Do not search privately until a new day; tell whoever runs the service.',
  ],
  'clock-wrong': ["This device's clock is wrong.", 'Set the clock, then try again.'],
  'issuer-unreachable': ['The issuer does not answer.', 'Check the connection and try again.'],
  'issuer-failed': ['The issuer cannot give tokens now.', 'Try again in a while, or search on the device.'],
  'account-refused': ['The issuer does not accept this account.', 'Sign in again.'],
  quota: ["This account's tokens for now are used up.", 'Search on the device until the next tokens.'],
  'bad-batch': [
    "The issuer's tokens could not be proven good, and all were dropped.",
    'Search on the device. If it stays, tell whoever runs the service.',
  ],
  'no-tokens': ['No tokens are left.', 'Search on the device until the next tokens, or ask for more now.'],
  'tokens-resting': [
    'The tokens are too new: spent at once they could tell who searches.',
    'Search on the device until they have rested, or allow fresh ones.',
  ],
  'token-refused': ['The gateway did not accept the token.', 'Try again: another token will be used.'],
  spent: ['This token was spent before.', 'Try again: another token will be used.'],
  replayed: ['The same envelope had arrived before.', 'Try again.'],
  'attempt-over': ['This attempt cannot be repeated any more.', 'Search anew: another token will be used.'],
  'service-unavailable': ['The service is not there now.', 'Try again in a while.'],
  'service-refused': ['The service does not take this request.', 'Search for something else.'],
  'answer-unreadable': ['The answer could not be read.', 'Try again.'],
  'wallet-unavailable': [
    'The wallet cannot be read or written.',
    'Free some space or allow storage, then try again. A wallet that stays unreadable may be deleted.',
  ],
} as const satisfies Record<string, readonly [message: string, advice: string]>;

export type ClientErrorCode = keyof typeof SAYINGS;

/** One request that may be made again by its user: the same token, the same question, a new envelope. */
export interface Attempt {
  readonly id: string;
}

/** The one error that this package lets out. Its code is API; it has no cause, for a cause could quote. */
export class ClientError extends ProtocolError<ClientErrorCode> {
  /** What a person can do. */
  readonly advice: string;
  /** When it will be better, where that is known. */
  readonly until: UnixSeconds | null;
  /** Set when the user may ask for the same again, by `client.retry(attempt)`. */
  readonly attempt: Attempt | null;

  constructor(code: ClientErrorCode, more: { until?: UnixSeconds; attempt?: Attempt | null } = {}) {
    super(code, SAYINGS[code][0]);
    this.advice = SAYINGS[code][1];
    this.until = more.until ?? null;
    this.attempt = more.attempt ?? null;
  }
}

/** The error's own code, or the given one for what anything else threw. */
export function clientError(error: unknown, otherwise: ClientErrorCode): ClientError {
  return error instanceof ClientError ? error : new ClientError(otherwise);
}

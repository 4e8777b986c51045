import { ProtocolError, type UnixSeconds } from '@sotto/wire';

/** Message and advice of each code. No message contains a query, a token or an address. */
export const MESSAGES = {
  config: ['The client is used wrongly.', 'Correct the option or argument that the message names.'],
  'query-empty': ['The search query is empty.', 'Type a word or an emoji.'],
  'query-too-long': ['The request is too long.', 'Use fewer words: all requests have the same length.'],
  'unknown-service': [
    'The key bundle does not list this service.',
    'Check the name of the service, or ask its operator.',
  ],
  'relay-unreachable': [
    'The relay cannot be reached.',
    'Check your connection, then try again. The request was not sent any other way.',
  ],
  'relay-failed': ['The relay or the gateway failed.', 'Try again later.'],
  'too-many-requests': ['Too many requests were sent.', 'Wait a minute, then try again.'],
  'keys-changed': [
    'The gateway has replaced its keys.',
    'Try again in a minute; the new keys are being fetched.',
  ],
  'bundle-refused': [
    'The relay has no key bundle that can be trusted.',
    'Try again later. If this continues, tell the operator of the service.',
  ],
  'bundle-unlogged': [
    'The relay has no key bundle with the proof that it is public.',
    'Try again later. If this continues, tell the operator of the service.',
  ],
  equivocation: [
    'Two different key bundles exist for the same epoch.',
    'You may have been given other keys than everyone else. Do not search privately before the next epoch, and tell the operator of the service.',
  ],
  'bundle-outdated': [
    'The key bundle could not be renewed in time.',
    'Check your connection, then try again. Requests under old keys would stand out from everyone else’s.',
  ],
  'bundle-unconfirmed': [
    'The key bundle is still being compared with its mirrors.',
    'Try again in a few minutes, or search on the device.',
  ],
  'clock-wrong': [
    'The clock of this device and the key bundle do not agree.',
    'Set the clock, then try again. If the clock is right, tell the operator of the service.',
  ],
  'issuer-unreachable': ['The issuer cannot be reached.', 'Check your connection, then try again.'],
  'issuer-failed': ['The issuer cannot issue tokens.', 'Try again later, or search on the device.'],
  'account-refused': ['The issuer does not accept this account.', 'Sign in again.'],
  'policy-required': [
    'The issuer issues tokens of this service for vouchers only, and this client has no policy.',
    'Search on the device. For the app’s developer: set the option `policy` to the policy file of the deployment, which its operator has.',
  ],
  'account-unavailable': [
    'The app could not provide its account token.',
    'Check your connection and sign in again if the app asks you to.',
  ],
  quota: [
    'This account has used up its tokens. All devices of the account share them.',
    'Search on the device until new tokens are available.',
  ],
  'no-vouchers': [
    'No voucher is left for today, so no tokens can be requested without the account.',
    'Search on the device until new vouchers are available, or take some over from another device.',
  ],
  'refill-failed': [
    'The issuer did not exchange the voucher for tokens.',
    'Search on the device. The next refill follows by schedule, or when a search needs a token.',
  ],
  'refills-ended': [
    'The deployment issues no vouchers for tokens of this service, and the account alone gets none.',
    'Search on the device, and ask the operator of the service whether refills have ended.',
  ],
  'bad-batch': [
    'The issuer sent tokens that could not be verified, and all of them were dropped.',
    'Search on the device. If this continues, tell the operator of the service.',
  ],
  'no-tokens': [
    'The wallet has no tokens left.',
    'Search on the device until the next refill, or request more tokens now.',
  ],
  'tokens-resting': [
    'The tokens are too new: using them now could reveal who searches.',
    'Search on the device until the tokens have rested, or allow fresh tokens.',
  ],
  'token-refused': ['The gateway did not accept the token.', 'Try again: another token will be used.'],
  spent: ['This token was already used.', 'Try again: another token will be used.'],
  replayed: ['The gateway has already received this envelope.', 'Try again: a new envelope will be sent.'],
  'attempt-over': ['This request cannot be retried again.', 'Search again: another token will be used.'],
  'service-unavailable': [
    'The service failed, was too slow, or its response was too long.',
    'Try again later. If this continues, tell the operator of the service.',
  ],
  'service-refused': ['The service does not accept this request.', 'Search for something else.'],
  'request-refused': [
    'The gateway does not let this request through.',
    'Compare its method, path and header fields with the row of the service in the gateway’s table.',
  ],
  'answer-unreadable': [
    'The response could not be read.',
    'Try again. If this continues, tell the operator of the service.',
  ],
  'response-broken': [
    'The response broke off before its end.',
    'Try again. What has arrived so far is not the whole response.',
  ],
  'request-broken': [
    'The body of the request broke off before its end.',
    'Open the source of the body again and send a new request. The token of this one is used up.',
  ],
  'wallet-unavailable': [
    'The wallet cannot be read or written.',
    'Free some space or allow storage, then try again.',
  ],
  'wallet-busy': ['Another tab or process is refilling the wallet.', 'Wait a moment, then try again.'],
  'wallet-replaced': [
    'The wallet could not be read and was replaced by an empty one. The tokens in it are lost.',
    'Try again: new tokens will be requested.',
  ],
  'wallet-unsafe': [
    'Other users of this device can read or replace the wallet’s files.',
    'Make yourself the owner of the wallet and its key, set their mode to 0600, and replace symbolic links by files.',
  ],
} as const satisfies Record<string, readonly [message: string, advice: string]>;

/** The code of a `ClientError`. */
export type ClientErrorCode = keyof typeof MESSAGES;

/** A failed request that its user may retry: the same token and the same request, in a new envelope. */
export interface Attempt {
  readonly id: string;
}

/**
 * What caused a ClientError: a code and no text, because the message of the original error may quote a query, a URL or
 * the words of a peer. Codes are those of the protocol packages, of the platform's errors and of the gateway's problems.
 */
export class ErrorCause extends Error {
  readonly code: string;

  constructor(code: string) {
    super(code);
    this.name = 'ErrorCause';
    this.code = code;
  }
}

const MAX_CAUSES = 4; // an error may be its own cause

/** Codes of Node's and undici's errors, like ECONNREFUSED, ERR_TLS_CERT_ALTNAME_INVALID and CERT_HAS_EXPIRED. */
const SYSTEM_CODE = /^(?:E[A-Z0-9]{2,15}|(?:ERR|UND_ERR|CERT|UNABLE|DEPTH|SELF|HPE|SQLITE)_[A-Z0-9_]{2,60})$/;

/** The code of an error, or of the first error with a code among its causes; null if none has a code that is safe to show. */
function codeOf(error: unknown, depth = 0): string | null {
  if (typeof error !== 'object' || error === null || depth > MAX_CAUSES) return null;
  const { code, cause } = error as { readonly code?: unknown; readonly cause?: unknown };
  if (error instanceof ProtocolError || error instanceof ErrorCause) return String(code);
  if (typeof code === 'string' && SYSTEM_CODE.test(code)) return code;
  if (typeof DOMException === 'function' && error instanceof DOMException) return error.name;
  return codeOf(cause, depth + 1);
}

/** The only error that the client throws. The code is API. Its cause is an ErrorCause, or missing. */
export class ClientError extends ProtocolError<ClientErrorCode> {
  /** What a person can do. */
  readonly advice: string;
  /** When the condition ends, if that is known. */
  readonly until: UnixSeconds | null;
  /** Set if the user may retry the request, with `client.retry(attempt)`. */
  readonly attempt: Attempt | null;
  /**
   * With `equivocation`: two signed notes of the log that contradict each other, for `sotto log verify`; or two signed bundles
   * in base64url, for `sotto bundle verify`. Null if one of the two is not there any more.
   */
  readonly evidence: readonly [string, string] | null;

  constructor(
    code: ClientErrorCode,
    more: {
      until?: UnixSeconds;
      attempt?: Attempt | null;
      evidence?: readonly [string, string];
      detail?: string;
      cause?: unknown;
    } = {},
  ) {
    const [message] = MESSAGES[code];
    const cause = codeOf(more.cause);
    super(
      code,
      more.detail === undefined ? message : `${message} ${more.detail}`,
      cause === null ? undefined : { cause: new ErrorCause(cause) },
    );
    this.advice = MESSAGES[code][1];
    this.until = more.until ?? null;
    this.attempt = more.attempt ?? null;
    this.evidence = more.evidence ?? null;
  }
}

/** The error itself if it is a ClientError, else a new one with this code. */
export function clientError(error: unknown, otherwise: ClientErrorCode): ClientError {
  return error instanceof ClientError ? error : new ClientError(otherwise, { cause: error });
}

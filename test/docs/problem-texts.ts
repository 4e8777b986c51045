import type { ProblemCode } from '@sotto/http';
import type { INNER, OUTER } from '../../services/gateway/src/problem.ts';
import type { Texts } from './error-texts.ts';

const FAULT = 'Read the log and the metrics of the service that answers.';

/** Problems of any service, and those that only a gateway or relay sends. */
export const PROBLEM_TEXTS: Texts<ProblemCode | keyof typeof INNER | keyof typeof OUTER> = {
  'bad-request': ['The request is not in the format of its route.', 'Correct the request.'],
  unauthorized: [
    'The credential is missing or wrong.',
    'Sign in again; as an operator, compare the tokens of both sides.',
  ],
  forbidden: [
    'The table of the gateway does not admit this service or path; at a relay, not this page.',
    'Check the name of the service, or ask its operator to admit it.',
  ],
  'voucher-required': [
    'The issuer issues tokens of this service for vouchers alone (`"direct": false`).',
    'Give the client the policy file of the deployment: clients with one get vouchers.',
  ],
  'not-found': [
    'There is nothing at this path.',
    'Check the URL; inside an envelope, the name of the service.',
  ],
  'vouchers-off': [
    'The issuer issues no vouchers.',
    'Set `VOUCHERS` at the issuer, or remove the row `refill` at the gateway.',
  ],
  'method-not-allowed': ['The path has no such method.', 'Use one that the field `Allow` lists.'],
  'request-timeout': ['The request did not arrive in time.', 'Check the connection, then try again.'],
  'content-too-large': ['The request is over the limit.', 'Send less.'],
  'unsupported-media-type': [
    'The content type is not one of this route.',
    'Use the one that the reference names.',
  ],
  'unprocessable-content': ['The envelope cannot be opened.', 'Fetch the key bundle again.'],
  'too-many-requests': [
    'A rate limit or the quota of the account is used up.',
    'Wait as long as `Retry-After` says.',
  ],
  'fields-too-large': ['The header section is over the limit.', 'Send fewer or shorter fields.'],
  'internal-error': ['The service has a fault.', FAULT],
  'bad-gateway': ['The next service failed, or its response cannot be used.', FAULT],
  unavailable: [
    'The service is overloaded, starting, or without its store.',
    'Wait as long as `Retry-After` says.',
  ],
  'gateway-timeout': ['The next service did not answer in time.', FAULT],
  'ohttp-key': ['The gateway does not have the key of the envelope.', 'Fetch the key bundle again.'],
  date: [
    'The date of the request is more than the tolerance away from now.',
    'Set the clock. The response has the date of the gateway.',
  ],
  'token-required': ['The service asks for a token.', 'Send one.'],
  'token-invalid': ['The token does not verify under a key of this or the last epoch.', 'Use another token.'],
  spent: ['The token was redeemed before.', 'Use another token.'],
  replayed: [
    'The gateway has seen this envelope before.',
    'Send the request in a new envelope, if its user asks for it.',
  ],
  'pack-malformed': [
    'The content of a refill is not the pack that the bundle describes. The voucher is not spent.',
    'Make a batch of the current key for each entry of the pack.',
  ],
  'expectation-failed': ['The inner request has an `Expect` field.', 'Leave it out.'],
};

import { ProtocolError } from '@sotto/wire';

/** What this package throws beside WireError; a service maps each code to one constant answer. */
export class PrivacyPassError extends ProtocolError<
  | 'unknown-token-type'
  | 'bad-challenge' // a redemption context of neither 0 nor 32 bytes, or no issuer name
  | 'bad-header' // not the syntax of RFC 9110 §11, or a parameter twice
  | 'no-token' // no PrivateToken credentials in the header
  | 'bad-token' // not exactly one token, or not base64url
  | 'bad-presence' // an optional's octet is neither 0 nor 1
  | 'bad-directory'
  | 'mixed-types' // a response's type is not the request's
  | 'empty-batch'
  | 'wrong-key' // the request names another truncated key id
  | 'bad-element' // a blinded element outside the group, or the identity
  | 'bad-response' // whatever was wrong with an issuer's response: the whole batch is void
> {}

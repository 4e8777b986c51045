import { ProtocolError } from '@sotto/wire';

/** The error of this package, besides WireError. A service maps each code to one constant response. */
export class PrivacyPassError extends ProtocolError<
  | 'unknown-token-type'
  | 'bad-challenge' // a redemption context of neither 0 nor 32 bytes, or no issuer name
  | 'bad-header' // not the syntax of RFC 9110 §11, or a repeated parameter
  | 'no-token' // no PrivateToken credentials in the header
  | 'bad-token' // not exactly one token, or not base64url
  | 'bad-presence' // the presence octet of an optional is neither 0 nor 1
  | 'bad-directory'
  | 'mixed-types' // a response's type is not the request's
  | 'empty-batch'
  | 'wrong-key' // the request has the truncated key id of another key
  | 'bad-element' // a blinded element outside the group, or the identity
  | 'bad-response' // anything wrong with an issuer's response: the whole batch is refused
> {}

import { ProtocolError } from '@sotto/wire';

/** The error of this package. `code` says which rule of RFC 9497 was violated. */
export class VoprfError extends ProtocolError<
  | 'bad-element' // not Ne bytes, not canonical, not on the curve, or the identity
  | 'bad-scalar' // not Ns bytes, or not in 1..n-1
  | 'bad-input' // above 2^16 - 1 bytes, or an input that hashes to the identity
  | 'bad-random' // `random` returned another length than requested, or a multiple of n
  | 'empty-batch'
  | 'batch-too-large' // above 2^16 - 1 elements
  | 'key-mismatch' // the public key is not the secret key's
  | 'proof-failed'
> {}

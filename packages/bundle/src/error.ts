import { ProtocolError } from '@sotto/wire';

/**
 * Why a bundle is not one that we may use.
 *
 * `equivocation` and `mirrors-disagree` say that somebody is shown other keys than the rest: a client tells
 * its user. All the others mean no more than that these bytes are of no use.
 */
export class BundleError extends ProtocolError<
  | 'unknown-version'
  | 'bad-signature'
  | 'bad-root'
  | 'malformed-keys'
  | 'malformed-services'
  | 'expired'
  | 'not-yet'
  | 'unaligned-expiry'
  | 'bad-sequence'
  | 'too-many-keys'
  | 'equivocation'
  | 'mirrors-disagree'
  | 'no-bundle'
> {}

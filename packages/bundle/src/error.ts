import { ProtocolError } from '@sotto/wire';

/**
 * Why a bundle cannot be used.
 *
 * `equivocation` and `mirrors-disagree` mean that some clients are shown other keys than the rest: a client reports
 * this to its user. The other codes only mean that these bytes are not usable.
 */
export class BundleError extends ProtocolError<
  | 'unknown-version'
  | 'bad-signature'
  | 'bad-root'
  | 'bad-proof'
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

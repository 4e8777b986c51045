import { ProtocolError } from '@sotto/wire';

/** Why bytes do not decode as a Binary HTTP message, or a message cannot be encoded. */
export class BhttpError extends ProtocolError<
  | 'truncated' // ends where RFC 9292 §3.8 does not allow it
  | 'out-of-range' // a length or status above 2^53 - 1
  | 'bad-framing' // the framing indicator is unknown, or that of the other kind of message
  | 'bad-control-data' // method, scheme, authority or path is not valid in HTTP
  | 'bad-status'
  | 'bad-field-name'
  | 'bad-field-value'
  | 'pseudo-field' // one for control data, one after a regular field, or one in trailers
  | 'bad-padding'
  | 'fields-too-large'
  | 'too-long' // longer than the requested length
> {}

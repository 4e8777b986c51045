import { ProtocolError } from '@sotto/wire';

/** Why bytes are no Binary HTTP message, or a message cannot be written as one. */
export class BhttpError extends ProtocolError<
  | 'truncated' // ends at a point where RFC 9292 §3.8 does not let it end
  | 'out-of-range' // a length or status above 2^53 - 1
  | 'bad-framing' // framing indicator unknown, or of the other kind of message
  | 'bad-control-data' // method, scheme, authority or path that no HTTP message has
  | 'bad-status'
  | 'bad-field-name'
  | 'bad-field-value'
  | 'pseudo-field' // forbidden, after a regular field, or among trailers
  | 'bad-padding'
  | 'fields-too-large'
  | 'too-long' // longer than the length asked for
> {}

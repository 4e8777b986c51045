import { ProtocolError } from '@sotto/wire';

/** A JSON message between gateway and issuer that does not decode. */
export class RedemptionError extends ProtocolError<'malformed'> {}

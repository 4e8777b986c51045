import { concat, fromUtf8, Reader, uint, utf8, vector, WireError, type Bytes } from '@sotto/wire';

/**
 * What a client needs to know about one service (specs/bundle.md).
 *
 *     struct { opaque name<1..2^8-1>; uint16 token_type; opaque challenge<0..2^16-1>;
 *              uint32 request_length; uint32 response_length; } ServiceEntry;
 *
 * The highest bit of response_length says that the service streams; that of request_length, that requests to it may.
 */
export interface ServiceEntry {
  /** The inner authority: `https://NAME/…`. */
  readonly name: string;
  /** The token type that the service requires (RFC 9577 §2.2); 0 when it requires none. */
  readonly tokenType: number;
  /** An encoded TokenChallenge (RFC 9577 §2.1), constant for the epoch; empty when tokenType is 0. */
  readonly challenge: Bytes;
  /** Length in bytes of every padded Binary HTTP request to it. */
  readonly requestLength: number;
  /** Length in bytes of every padded Binary HTTP response from it. */
  readonly responseLength: number;
  /** Whether requests and responses go in chunks, and responses arrive as the service sends them. */
  readonly streams: boolean;
  /** Whether the content of a request may be sent as it is read. */
  readonly streamsRequests: boolean;
}

const STREAMS = 2 ** 31; // the highest bit of a length

/** @throws {WireError} `out-of-range` for a number or a field that is too large. Lengths are below 2^31 */
export function encodeServiceEntry(entry: ServiceEntry): Bytes {
  return concat(
    vector(1, utf8(entry.name)),
    uint(2, entry.tokenType),
    vector(2, entry.challenge),
    uint(4, marked('request_length', entry.requestLength, entry.streamsRequests)),
    uint(4, marked('response_length', entry.responseLength, entry.streams)),
  );
}

/** The length, with its highest bit set when `streams` is true. */
function marked(field: string, length: number, streams: boolean): number {
  if (length >= STREAMS) throw new WireError('out-of-range', `${field}: above 2^31 - 1`);
  return length + (streams ? STREAMS : 0);
}

/** @throws {WireError} `truncated`; `bad-text` for a name that is not UTF-8 */
export function readServiceEntry(r: Reader): ServiceEntry {
  const fields = {
    name: fromUtf8(r.vector(1, 'name').rest()),
    tokenType: r.uint(2, 'token_type'),
    challenge: r.vector(2, 'challenge').rest(),
  };
  const [request, response] = [r.uint(4, 'request_length'), r.uint(4, 'response_length')];
  return {
    ...fields,
    requestLength: request % STREAMS,
    responseLength: response % STREAMS,
    streams: response >= STREAMS,
    streamsRequests: request >= STREAMS,
  };
}

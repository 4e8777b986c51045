/**
 * The base class of the errors of every protocol package.
 *
 * `code` is part of the API: a closed union per package, for `switch` and for metrics.
 * `message` is for people. It may change, never quotes input, and is never sent to a peer.
 */
export class ProtocolError<Code extends string = string> extends Error {
  readonly code: Code;

  constructor(code: Code, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/**
 * Why bytes or text do not decode, or a value cannot be encoded.
 *
 * - `truncated`: the input ends inside a field
 * - `trailing`: bytes follow the end of a struct
 * - `out-of-range`: a number does not fit its field, or is above 2^53 - 1
 * - `not-minimal`: a varint is longer than necessary where the shortest form is required
 * - `bad-text`: not UTF-8, hexadecimal or base64url
 */
export class WireError extends ProtocolError<
  'truncated' | 'trailing' | 'out-of-range' | 'not-minimal' | 'bad-text'
> {}

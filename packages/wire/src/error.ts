/**
 * What every protocol package throws.
 *
 * `code` is API: a closed union per package, safe to switch on and to count in metrics.
 * `message` is for people; it may change, it never quotes input, and it is never sent to a peer.
 */
export class ProtocolError<Code extends string = string> extends Error {
  readonly code: Code;

  constructor(code: Code, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

export class WireError extends ProtocolError<
  'truncated' | 'trailing' | 'out-of-range' | 'not-minimal' | 'bad-text'
> {}

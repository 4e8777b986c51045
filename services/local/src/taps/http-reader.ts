/** One HTTP/1.1 message as it passed on a wire. */
export interface PassedMessage {
  readonly startLine: string;
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
}

const MAX_HELD = 1 << 20; // bytes; past this a connection is only passed on, no longer read
const END_OF_HEAD = '\r\n\r\n';

/**
 * Reads HTTP/1.1 messages out of a stream that is passed on untouched beside it (RFC 9112).
 *
 * It is for looking, not for deciding: whatever it cannot follow makes it stop looking.
 */
export class HttpReader {
  readonly #onMessage: (message: PassedMessage) => void;
  #held: Buffer = Buffer.alloc(0);
  #lost = false;

  constructor(onMessage: (message: PassedMessage) => void) {
    this.#onMessage = onMessage;
  }

  push(chunk: Buffer): void {
    if (this.#lost) return;
    this.#held = Buffer.concat([this.#held, chunk]);
    while (!this.#lost && this.#next());
    if (this.#held.length > MAX_HELD) this.#lose();
  }

  #lose(): void {
    this.#lost = true;
    this.#held = Buffer.alloc(0);
  }

  /** Takes one whole message off the front; false when there is none yet. */
  #next(): boolean {
    const headLength = this.#held.indexOf(END_OF_HEAD);
    if (headLength < 0) return false;
    const [startLine = '', ...lines] = this.#held.subarray(0, headLength).toString('latin1').split('\r\n');
    const fields = lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()] as const;
    });
    const field = (name: string): string | undefined => fields.find(([is]) => is === name)?.[1];
    const rest = this.#held.subarray(headLength + END_OF_HEAD.length);
    const taken = /chunked/i.test(field('transfer-encoding') ?? '')
      ? chunkedBody(rest)
      : sizedBody(rest, Number(field('content-length') ?? 0));
    if (taken === 'lost') this.#lose();
    if (taken === 'lost' || taken === 'more') return false;
    this.#held = rest.subarray(taken.length);
    this.#onMessage({ startLine, fields, body: taken.body });
    return true;
  }
}

type Taken = { readonly body: Buffer; readonly length: number } | 'more' | 'lost';

function sizedBody(rest: Buffer, length: number): Taken {
  if (!Number.isSafeInteger(length) || length < 0) return 'lost';
  return rest.length < length ? 'more' : { body: rest.subarray(0, length), length };
}

function chunkedBody(rest: Buffer): Taken {
  const chunks: Buffer[] = [];
  for (let at = 0; ;) {
    const lineEnd = rest.indexOf('\r\n', at);
    if (lineEnd < 0) return 'more';
    const size = Number.parseInt(rest.subarray(at, lineEnd).toString('latin1'), 16);
    if (!Number.isSafeInteger(size)) return 'lost';
    const from = lineEnd + 2;
    if (rest.length < from + size + 2) return 'more';
    if (size === 0) return { body: Buffer.concat(chunks), length: from + 2 };
    chunks.push(rest.subarray(from, from + size));
    at = from + size + 2;
  }
}

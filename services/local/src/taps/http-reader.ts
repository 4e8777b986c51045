import { parseContentLength } from '@sotto/http';

/** One HTTP/1.1 message as it was on the wire. */
export interface WireMessage {
  readonly startLine: string;
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
}

const MAX_BUFFERED = 1 << 20; // bytes; beyond it a connection is forwarded and no longer read
const CHUNK_SIZE = /^([0-9a-f]+)[ \t]*(?:;|$)/i; // before its extensions (RFC 9112 §7.1)
const END_OF_HEAD = '\r\n\r\n';

/**
 * Reads HTTP/1.1 messages from a copy of a stream (RFC 9112). It is for display only: at a message that it cannot
 * parse it stops reading.
 */
export class HttpReader {
  readonly #onMessage: (message: WireMessage) => void;
  #buffered: Buffer = Buffer.alloc(0);
  #stopped = false;

  constructor(onMessage: (message: WireMessage) => void) {
    this.#onMessage = onMessage;
  }

  push(chunk: Buffer): void {
    if (this.#stopped) return;
    this.#buffered = Buffer.concat([this.#buffered, chunk]);
    while (!this.#stopped && this.#next());
    if (this.#buffered.length > MAX_BUFFERED) this.#stop();
  }

  #stop(): void {
    this.#stopped = true;
    this.#buffered = Buffer.alloc(0);
  }

  /** Removes one whole message from the front; false if there is none yet. */
  #next(): boolean {
    const headLength = this.#buffered.indexOf(END_OF_HEAD);
    if (headLength < 0) return false;
    const [startLine = '', ...lines] = this.#buffered
      .subarray(0, headLength)
      .toString('latin1')
      .split('\r\n');
    const fields = lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()] as const;
    });
    const field = (name: string): string | undefined => fields.find(([is]) => is === name)?.[1];
    const rest = this.#buffered.subarray(headLength + END_OF_HEAD.length);
    const coding = field('transfer-encoding');
    const result =
      coding === undefined
        ? sizedBody(rest, parseContentLength(field('content-length') ?? '0'))
        : chunkedBody(rest, coding);
    if (result === 'unreadable') this.#stop();
    if (result === 'unreadable' || result === 'more') return false;
    this.#buffered = rest.subarray(result.length);
    this.#onMessage({ startLine, fields, body: result.body });
    return true;
  }
}

type BodyResult = { readonly body: Buffer; readonly length: number } | 'more' | 'unreadable';

function sizedBody(rest: Buffer, length: number | null): BodyResult {
  if (length === null) return 'unreadable';
  return rest.length < length ? 'more' : { body: rest.subarray(0, length), length };
}

function chunkedBody(rest: Buffer, coding: string): BodyResult {
  if (!/(?:^|,[ \t]*)chunked$/i.test(coding)) return 'unreadable'; // RFC 9112 §6.3: the last coding frames the body
  const chunks: Buffer[] = [];
  for (let at = 0; ;) {
    const lineEnd = rest.indexOf('\r\n', at);
    if (lineEnd < 0) return 'more';
    const line = rest.subarray(at, lineEnd).toString('latin1');
    const size = Number.parseInt(CHUNK_SIZE.exec(line)?.[1] ?? '', 16);
    if (!Number.isSafeInteger(size)) return 'unreadable';
    const from = lineEnd + 2;
    if (rest.length < from + size + 2) return 'more';
    if (size === 0) return { body: Buffer.concat(chunks), length: from + 2 };
    chunks.push(rest.subarray(from, from + size));
    at = from + size + 2;
  }
}

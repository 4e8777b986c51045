import { concat, varint, type Bytes } from '@sotto/wire';
import { encodeRequest, encodeResponse } from './encode.ts';
import { BhttpError } from './error.ts';
import type { BhttpRequest, BhttpResponse } from './message.ts';

/** The end of the content, then an empty trailer section (RFC 9292 §3.2). */
export const END_OF_CONTENT = Uint8Array.of(0, 0);

/** Limits on the parts of a message. */
export interface PartLimits {
  /** Whether a part of this many bytes still fits. Called once before each part. */
  readonly fits: (length: number) => boolean;
  /** The most bytes in one piece of content. Default: pieces keep the lengths in which they arrive. */
  readonly maxPiece?: number;
}

/** A message without its content and trailers, which follow. */
type Head = Omit<BhttpRequest, 'content' | 'trailers'> | Omit<BhttpResponse, 'content' | 'trailers'>;

/**
 * An indeterminate-length message (RFC 9292 §3.2), part by part: its head, pieces of content as they come, and its end.
 *
 * @throws {BhttpError} `too-long` for a part that does not fit, and as `encodeRequest` and `encodeResponse`; what `content` throws
 */
export async function* messageParts(
  head: Head,
  content: AsyncIterable<Bytes>,
  { fits, maxPiece = Infinity }: PartLimits,
): AsyncGenerator<Bytes, void> {
  const checked = (part: Bytes): Bytes => {
    if (!fits(part.length)) throw new BhttpError('too-long', 'the message is longer than its length');
    return part;
  };
  yield checked(encodeHead(head));
  for await (const whole of content) {
    for (let at = 0; at < whole.length; at += maxPiece) {
      const piece = whole.subarray(at, at + maxPiece);
      yield checked(concat(varint(piece.length), piece));
    }
  }
  yield END_OF_CONTENT;
}

function encodeHead(head: Head): Bytes {
  const nothing = { content: new Uint8Array(0), trailers: [] };
  const options = { framing: 'indeterminate-length' } as const;
  const encoded =
    'method' in head
      ? encodeRequest({ ...head, ...nothing }, options)
      : encodeResponse({ ...head, ...nothing }, options);
  return encoded.subarray(0, -END_OF_CONTENT.length);
}

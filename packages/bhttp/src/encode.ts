import { varint, varintLength, type Bytes } from '@sotto/wire';
import { BhttpError } from './error.ts';
import { FRAMING, type BhttpRequest, type BhttpResponse, type Field } from './message.ts';
import { checkControlData, checkField, isStatus } from './text.ts';

/** How to encode a message. */
export interface EncodeOptions {
  readonly framing?: 'known-length' | 'indeterminate-length'; // default: known-length
  readonly length?: number; // total bytes: zeros pad the message to this length (RFC 9292 §3.8)
}

/** A varint, text with one character per byte, or bytes. */
type Part = number | string | Bytes;

/**
 * Encodes a request (RFC 9292 §3.1, §3.2). Nothing is cut off: empty content and trailers are sent with their zero
 * lengths, because some peers require them.
 *
 * @throws {BhttpError} `too-long` when the message is longer than `length`; `bad-control-data`, `bad-field-name`,
 *   `bad-field-value`, `pseudo-field` for a message that would be invalid
 */
export function encodeRequest(request: BhttpRequest, options: EncodeOptions = {}): Bytes {
  const { method, scheme, authority, path } = request;
  checkControlData(method, scheme, authority, path);
  const control = [method, scheme, authority, path].flatMap((part) => [part.length, part]);
  return encode('request', control, request, options);
}

/**
 * Encodes a response and the informational responses before it (RFC 9292 §3.1, §3.2).
 *
 * @throws {BhttpError} `bad-status`, and as `encodeRequest`
 */
export function encodeResponse(response: BhttpResponse, options: EncodeOptions = {}): Bytes {
  const framing = options.framing ?? 'known-length';
  const control: Part[] = [];
  for (const { status, fields } of response.informational) {
    if (!isStatus(status, 'informational')) throw new BhttpError('bad-status', 'not informational');
    control.push(status, ...section(fields, 'header', framing));
  }
  if (!isStatus(response.status, 'final')) throw new BhttpError('bad-status', 'not a final status');
  control.push(response.status);
  return encode('response', control, response, options);
}

function encode(
  kind: 'request' | 'response',
  control: readonly Part[],
  { fields, content, trailers }: BhttpRequest | BhttpResponse,
  { framing = 'known-length', length }: EncodeOptions,
): Bytes {
  const parts: Part[] = [
    FRAMING[framing][kind],
    ...control,
    ...section(fields, 'header', framing),
    content.length,
    content,
    // An empty chunk ends indeterminate-length content.
    ...(framing === 'indeterminate-length' && content.length > 0 ? [0] : []),
    ...section(trailers, 'trailer', framing),
  ];
  const size = sizeOf(parts);
  if (length !== undefined && size > length) {
    throw new BhttpError(
      'too-long',
      `the message has ${size} bytes, more than the length ${length} that was requested`,
    );
  }
  return write(parts, new Uint8Array(length ?? size));
}

function section(fields: readonly Field[], kind: 'header' | 'trailer', framing: string): Part[] {
  let regularSeen = false;
  const lines: Part[] = [];
  for (const field of fields) {
    checkField(field, kind, regularSeen);
    regularSeen ||= !field[0].startsWith(':');
    lines.push(field[0].length, field[0], field[1].length, field[1]);
  }
  return framing === 'known-length' ? [sizeOf(lines), ...lines] : [...lines, 0];
}

function sizeOf(parts: readonly Part[]): number {
  let size = 0;
  for (const part of parts) size += typeof part === 'number' ? varintLength(part) : part.length;
  return size;
}

function write(parts: readonly Part[], into: Bytes): Bytes {
  let at = 0;
  for (const part of parts) {
    if (typeof part === 'string') {
      for (let i = 0; i < part.length; i++) into[at++] = part.charCodeAt(i);
    } else if (typeof part === 'number' && part < 64) {
      into[at++] = part;
    } else {
      const bytes = typeof part === 'number' ? varint(part) : part;
      into.set(bytes, at);
      at += bytes.length;
    }
  }
  return into;
}

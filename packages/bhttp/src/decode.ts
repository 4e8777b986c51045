import { Reader, WireError, type Bytes } from '@sotto/wire';
import { BhttpError } from './error.ts';
import {
  FRAMING,
  MAX_CONTROL_DATA,
  MAX_FIELD_SECTION,
  MAX_FIELDS,
  MAX_INFORMATIONAL,
  type BhttpRequest,
  type BhttpResponse,
  type Field,
} from './message.ts';
import { checkControlData, checkField, isStatus, latin1 } from './text.ts';

/** The remaining limits for all field sections of one message together. */
interface Budget {
  lines: number;
  bytes: number;
}

/**
 * Decodes a request of either framing (RFC 9292 §3.1, §3.2).
 *
 * Empty content and trailers may be cut off (§3.8), and so may an empty header section, as in the example of RFC 9458
 * Appendix A. Padding must be zeros. Field names are returned in lower case. Known-length content is a view of the
 * input.
 *
 * @throws {BhttpError} and no other error. The caller must not process an invalid message further (§4)
 */
export function decodeRequest(bytes: Bytes): BhttpRequest {
  return decode(bytes, 'request', (r, known, budget) => requestHead(r, known, budget, true));
}

/**
 * Decodes a response of either framing, with the informational responses before it (RFC 9292 §3.1, §3.2).
 *
 * @throws {BhttpError} as `decodeRequest`
 */
export function decodeResponse(bytes: Bytes): BhttpResponse {
  return decode(bytes, 'response', (r, known, budget) => responseHead(r, known, budget, true));
}

/** The framing of the content that follows a head. */
interface Framed {
  /** Whether the framing is known-length. */
  readonly known: boolean;
}

/** The part of a request before its content. */
export interface RequestHead extends Omit<BhttpRequest, 'content' | 'trailers'>, Framed {}

/** The part of a response before its content. */
export interface ResponseHead extends Pick<BhttpResponse, 'informational' | 'status' | 'fields'>, Framed {}

/** @param ended - whether no more bytes will come, so that the header section may be cut off */
export function readRequestHead(r: Reader, ended: boolean): RequestHead {
  const known = readFraming(r, 'request');
  return { ...requestHead(r, known, newBudget(), ended), known };
}

/** @param ended - whether no more bytes will come, so that the header section may be cut off */
export function readResponseHead(r: Reader, ended: boolean): ResponseHead {
  const known = readFraming(r, 'response');
  return { ...responseHead(r, known, newBudget(), ended), known };
}

/** @param ended - whether no more bytes will come, so that the trailer section may be cut off */
export function readTrailers(r: Reader, known: boolean, ended: boolean): Field[] {
  return (ended ? sectionOrCut : section)(r, 'trailer', known, newBudget());
}

function requestHead(r: Reader, known: boolean, budget: Budget, ended: boolean): Omit<RequestHead, 'known'> {
  const method = controlData(r, 'method');
  const scheme = controlData(r, 'scheme');
  const authority = controlData(r, 'authority');
  const path = controlData(r, 'path');
  checkControlData(method, scheme, authority, path);
  const fields = (ended ? sectionOrCut : section)(r, 'header', known, budget);
  return { method, scheme, authority, path, fields };
}

function responseHead(
  r: Reader,
  known: boolean,
  budget: Budget,
  ended: boolean,
): Omit<ResponseHead, 'known'> {
  const informational = [];
  let status = r.varint('status');
  while (isStatus(status, 'informational')) {
    if (informational.length === MAX_INFORMATIONAL) {
      throw new BhttpError('fields-too-large', `over ${MAX_INFORMATIONAL} informational responses`);
    }
    informational.push({ status, fields: section(r, 'header', known, budget) });
    status = r.varint('status');
  }
  if (!isStatus(status, 'final')) throw new BhttpError('bad-status', 'status outside 100 to 599');
  return { informational, status, fields: (ended ? sectionOrCut : section)(r, 'header', known, budget) };
}

function decode<Head>(
  bytes: Bytes,
  kind: 'request' | 'response',
  readHead: (r: Reader, known: boolean, budget: Budget) => Head,
): Head & { content: Bytes; trailers: Field[] } {
  try {
    const r = new Reader(bytes);
    const known = readFraming(r, kind);
    const budget = newBudget();
    const head = readHead(r, known, budget);
    const content = known ? r.opaque(lengthOrCut(r, 'content'), 'content') : chunks(r);
    const trailers = sectionOrCut(r, 'trailer', known, budget);
    for (const byte of r.rest()) {
      if (byte !== 0) throw new BhttpError('bad-padding', 'the padding has a byte other than zero');
    }
    return { ...head, content, trailers };
  } catch (error) {
    throw error instanceof WireError ? bhttpError(error) : error;
  }
}

export const bhttpError = ({ code, message }: WireError): BhttpError =>
  new BhttpError(code === 'out-of-range' ? 'out-of-range' : 'truncated', message);

const newBudget = (): Budget => ({ lines: MAX_FIELDS, bytes: MAX_FIELD_SECTION });

/** Whether the framing is known-length. */
function readFraming(r: Reader, kind: 'request' | 'response'): boolean {
  const framing = r.varint('framing indicator');
  const known = framing === FRAMING['known-length'][kind];
  if (!known && framing !== FRAMING['indeterminate-length'][kind]) {
    throw new BhttpError('bad-framing', `the framing indicator is not that of a ${kind}`);
  }
  return known;
}

/** A part that is cut off has length zero (RFC 9292 §3.8). */
function lengthOrCut(r: Reader, part: string): number {
  return r.remaining === 0 ? 0 : r.varint(`${part} length`);
}

function controlData(r: Reader, part: string): string {
  const bytes = r.opaque(r.varint(`${part} length`), part);
  if (bytes.length > MAX_CONTROL_DATA) {
    throw new BhttpError('bad-control-data', `${part} over ${MAX_CONTROL_DATA} bytes`);
  }
  return latin1(bytes);
}

function sectionOrCut(r: Reader, kind: 'header' | 'trailer', known: boolean, budget: Budget): Field[] {
  return r.remaining === 0 ? [] : section(r, kind, known, budget);
}

function section(r: Reader, kind: 'header' | 'trailer', known: boolean, budget: Budget): Field[] {
  if (!known) {
    return lines(r, kind, budget, () => r.varint('field name length'));
  }
  const length = r.varint(`${kind} section length`);
  const inside = new Reader(r.opaque(length, `${kind} section`));
  return lines(inside, kind, budget, () => {
    if (inside.remaining === 0) return 0;
    const nameLength = inside.varint('field name length');
    if (nameLength === 0) throw new BhttpError('bad-field-name', 'field name is empty');
    return nameLength;
  });
}

/** @param nextName - reads the length in bytes of the next line's name; 0 at the end of the section */
function lines(r: Reader, kind: 'header' | 'trailer', budget: Budget, nextName: () => number): Field[] {
  const fields: Field[] = [];
  let regularSeen = false;
  for (let from = r.offset, length = nextName(); length > 0; from = r.offset, length = nextName()) {
    const name = r.opaque(length, 'field name');
    const value = r.opaque(r.varint('field value length'), 'field value');
    budget.bytes -= r.offset - from;
    budget.lines -= 1;
    if (budget.bytes < 0 || budget.lines < 0) tooLarge();
    const field: Field = [latin1(name).toLowerCase(), latin1(value)]; // names may have capitals (RFC 9292 §3.6)
    checkField(field, kind, regularSeen);
    regularSeen ||= !field[0].startsWith(':');
    fields.push(field);
  }
  return fields;
}

function tooLarge(): never {
  throw new BhttpError('fields-too-large', `over ${MAX_FIELDS} fields or ${MAX_FIELD_SECTION} bytes of them`);
}

/** Indeterminate-length content: chunks up to an empty one. Only a content without chunks may be cut off. */
function chunks(r: Reader): Bytes {
  const content = new Uint8Array(r.remaining);
  let at = 0;
  for (let length = lengthOrCut(r, 'chunk'); length > 0; length = r.varint('chunk length')) {
    content.set(r.opaque(length, 'chunk'), at);
    at += length;
  }
  return content.subarray(0, at);
}

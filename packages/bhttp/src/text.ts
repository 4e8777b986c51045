import { BhttpError } from './error.ts';
import type { Field } from './message.ts';

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/; // RFC 9110 §5.6.2
const NAME = /^:?[!#$%&'*+\-.^_`|~0-9a-z]+$/; // lower case, as HTTP/2 has it (RFC 9113 §8.2.1)
const VISIBLE = /^[!-~]*$/; // no control, space or byte above 0x7e
const NUL = 0x00;
const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const CONTROL_PSEUDO_FIELDS = new Set([':method', ':scheme', ':authority', ':path', ':status']);
const PIECE = 4096; // arguments in a call
const SHORT = 64; // bytes

/** Bytes to text, one char a byte. */
export function latin1(bytes: Uint8Array): string {
  if (bytes.length <= SHORT) return shortText(bytes);
  let text = '';
  for (let at = 0; at < bytes.length; at += PIECE) {
    const piece = bytes.subarray(at, at + PIECE);
    text += String.fromCharCode.apply(null, piece as unknown as number[]);
  }
  return text;
}

/** What nearly all names and values are: a view of a piece would cost more than the text. */
function shortText(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i++) text += String.fromCharCode(bytes[i] ?? 0);
  return text;
}

/** Refuses a field that would make a message invalid (RFC 9292 §3.6, §4). */
export function checkField([name, value]: Field, section: 'header' | 'trailer', regularSeen: boolean): void {
  if (!NAME.test(name)) throw new BhttpError('bad-field-name', 'field name is no lower-case token');
  if (!isFieldValue(value)) throw new BhttpError('bad-field-value', 'field value has a byte that it may not');
  if (!name.startsWith(':')) return;
  if (CONTROL_PSEUDO_FIELDS.has(name)) throw new BhttpError('pseudo-field', 'control data as a field');
  if (section === 'trailer') throw new BhttpError('pseudo-field', 'pseudo-field among trailers');
  if (regularSeen) throw new BhttpError('pseudo-field', 'pseudo-field after a regular field');
}

/** One char a byte; no NUL, CR or LF; no space or tab at either end (RFC 9113 §8.2.1). */
function isFieldValue(value: string): boolean {
  const first = value.charCodeAt(0);
  const last = value.charCodeAt(value.length - 1);
  if (first === SPACE || first === TAB || last === SPACE || last === TAB) return false;
  for (let i = 0; i < value.length; i++) {
    const byte = value.charCodeAt(i);
    if (byte === NUL || byte === CR || byte === LF || byte > 0xff) return false;
  }
  return true;
}

/** Refuses what HTTP/2's pseudo-fields may not hold (RFC 9292 §3.4, RFC 9113 §8.3.1). */
export function checkControlData(method: string, ...rest: readonly string[]): void {
  if (!TOKEN.test(method)) throw new BhttpError('bad-control-data', 'method is no token');
  for (const part of rest) {
    if (!VISIBLE.test(part)) throw new BhttpError('bad-control-data', 'scheme, authority or path');
  }
}

/** @param kind - informational: 100 to 199; final: 200 to 599 (RFC 9292 §3.5.1) */
export function isStatus(status: number, kind: 'informational' | 'final'): boolean {
  const [from, to] = kind === 'informational' ? [100, 199] : [200, 599];
  return Number.isInteger(status) && status >= from && status <= to;
}

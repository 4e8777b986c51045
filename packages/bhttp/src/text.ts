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

/** Bytes to text, one character per byte. */
export function latin1(bytes: Uint8Array): string {
  if (bytes.length <= SHORT) return shortText(bytes);
  let text = '';
  for (let at = 0; at < bytes.length; at += PIECE) {
    const piece = bytes.subarray(at, at + PIECE);
    text += String.fromCharCode.apply(null, piece as unknown as number[]);
  }
  return text;
}

/** Most names and values are short. For them this is cheaper than making a view. */
function shortText(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i++) text += String.fromCharCode(bytes[i] ?? 0);
  return text;
}

/** Checks that a field is allowed in a message (RFC 9292 §3.6, §4). @throws {BhttpError} */
export function checkField([name, value]: Field, section: 'header' | 'trailer', regularSeen: boolean): void {
  if (!NAME.test(name)) throw new BhttpError('bad-field-name', 'field name is not a lower-case token');
  if (!isFieldValue(value))
    throw new BhttpError(
      'bad-field-value',
      'field value has a NUL, CR or LF, or begins or ends with a space or tab',
    );
  if (!name.startsWith(':')) return;
  if (CONTROL_PSEUDO_FIELDS.has(name)) throw new BhttpError('pseudo-field', 'control data is not a field');
  if (section === 'trailer') throw new BhttpError('pseudo-field', 'trailers cannot have a pseudo-field');
  if (regularSeen) throw new BhttpError('pseudo-field', 'pseudo-field after a regular field');
}

/** One character per byte; no NUL, CR or LF; no space or tab at either end (RFC 9113 §8.2.1). */
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

/** Checks control data as HTTP/2 checks its pseudo-fields (RFC 9292 §3.4, RFC 9113 §8.3.1). @throws {BhttpError} */
export function checkControlData(method: string, ...rest: readonly string[]): void {
  if (!TOKEN.test(method)) throw new BhttpError('bad-control-data', 'method is not a token');
  for (const part of rest) {
    if (!VISIBLE.test(part))
      throw new BhttpError(
        'bad-control-data',
        'scheme, authority or path has a space or a control character',
      );
  }
}

/** @param kind - informational: 100 to 199; final: 200 to 599 (RFC 9292 §3.5.1) */
export function isStatus(status: number, kind: 'informational' | 'final'): boolean {
  const [from, to] = kind === 'informational' ? [100, 199] : [200, 599];
  return Number.isInteger(status) && status >= from && status <= to;
}

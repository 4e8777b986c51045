import type { Bytes } from '@sotto/wire';

/** A field line: a lower-case name, and a value with one character (0x00 to 0xff) per byte. */
export type Field = readonly [name: string, value: string];

/** A request (RFC 9292 §3.1). Text has one character per byte. */
export interface BhttpRequest {
  readonly method: string;
  readonly scheme: string;
  readonly authority: string; // empty: the Host field names the target (RFC 9292 §3.4)
  readonly path: string;
  readonly fields: readonly Field[];
  readonly content: Bytes;
  readonly trailers: readonly Field[];
}

/** A response (RFC 9292 §3.1). */
export interface BhttpResponse {
  readonly informational: readonly { readonly status: number; readonly fields: readonly Field[] }[];
  readonly status: number; // 200 to 599
  readonly fields: readonly Field[];
  readonly content: Bytes;
  readonly trailers: readonly Field[];
}

/** Framing indicators (RFC 9292 §3.3). */
export const FRAMING = {
  'known-length': { request: 0, response: 1 },
  'indeterminate-length': { request: 2, response: 3 },
} as const;

/** Field lines in a message, all sections together, that a decoder accepts. */
export const MAX_FIELDS = 256;
/** Bytes of fields in a message, all sections together, that a decoder accepts. */
export const MAX_FIELD_SECTION = 32_768;
/** Informational responses before a response that a decoder accepts. */
export const MAX_INFORMATIONAL = 16;
/** Bytes of method, scheme, authority or path that a decoder accepts. */
export const MAX_CONTROL_DATA = 16_384;

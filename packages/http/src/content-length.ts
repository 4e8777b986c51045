import { HttpError } from './error.ts';

/**
 * A Content-Length in bytes, or null if it is malformed: it is one or more digits and nothing else (RFC 9110 §8.6).
 *
 * A list of equal lengths ("5, 5") is malformed here, as RFC 9112 §6.3 allows. From 2^53 on the number is inexact,
 * and still larger than any limit.
 */
export function parseContentLength(value: string): number | null {
  return /^[0-9]+$/.test(value) ? Number(value) : null;
}

/**
 * The length that a message declares, in bytes; undefined if it declares none.
 *
 * @throws {HttpError} `bad-request` if it is malformed, `content-too-large` if it is more than `maxBytes`
 */
export function declaredLength(headers: Headers, maxBytes: number): number | undefined {
  const value = headers.get('content-length');
  if (value === null) return undefined;
  const length = parseContentLength(value);
  if (length === null) throw new HttpError('bad-request');
  if (length > maxBytes) throw new HttpError('content-too-large');
  return length;
}

import { BhttpError, decodeResponse, encodeRequest, type BhttpResponse } from '@sotto/bhttp';
import { formatAuthorization } from '@sotto/privacypass';
import { concat, fromUtf8, utf8, type Bytes, type UnixSeconds } from '@sotto/wire';
import { ClientError, type ClientErrorCode } from './error.ts';

/** `Date` is floored to this, so that it shows no clock's skew (privacy L11). */
const GRID = 600; // seconds
const TOKEN = 162; // bytes of a token of type 0x0005

/** What a service is asked: the whole of it, for nothing of a platform's Request is used. */
export interface InnerRequest {
  readonly service: string;
  readonly method: string;
  readonly path: string;
  readonly contentType: string;
  readonly content: Bytes;
}

/**
 * The Binary HTTP request, of exactly `length` bytes: one set of fields, in one order, for everyone (privacy L11).
 *
 * @param token - encoded; null for a service that asks for none
 * @throws {ClientError} `query-too-long` when it does not fit; `config` when it is no HTTP request at all
 */
export function encodeInner(
  { service, method, path, contentType, content }: InnerRequest,
  {
    token,
    date,
    length,
  }: { readonly token: Bytes | null; readonly date: UnixSeconds; readonly length: number },
): Bytes {
  const floored = Math.floor(date / GRID) * GRID;
  const fields = [
    ...(token === null ? [] : [['authorization', formatAuthorization(token)] as const]),
    ['content-type', contentType] as const,
    ['date', new Date(floored * 1000).toUTCString()] as const, // IMF-fixdate (RFC 9110 §5.6.7)
  ];
  const request = { method, scheme: 'https', authority: service, path, fields, content, trailers: [] };
  try {
    return encodeRequest(request, { length });
  } catch (error) {
    const tooLong = error instanceof BhttpError && error.code === 'too-long';
    throw new ClientError(tooLong ? 'query-too-long' : 'config');
  }
}

/** Refuses what would not fit, before a token is taken or anything sent. */
export function checkFits(request: InnerRequest, hasToken: boolean, length: number): void {
  encodeInner(request, { token: hasToken ? new Uint8Array(TOKEN) : null, date: 0, length });
}

/** What makes two requests the same one: all but token, date and padding. */
export function identity({ service, method, path, contentType, content }: InnerRequest): Bytes {
  return concat(utf8(JSON.stringify([service, method, path, contentType])), content);
}

/** What the gateway's door refused, by the code in its problem. All else is the service's own answer. */
const DOOR: Readonly<Record<string, ClientErrorCode>> = {
  date: 'clock-wrong',
  'token-required': 'token-refused',
  'token-invalid': 'token-refused',
  spent: 'spent',
  replayed: 'replayed',
};

/** Its code as ours; null for any other. */
export function doorCode(code: string | null): ClientErrorCode | null {
  return code !== null && Object.hasOwn(DOOR, code) ? (DOOR[code] ?? null) : null;
}

/** @throws {ClientError} `answer-unreadable` */
export function decodeInner(bytes: Bytes): BhttpResponse {
  try {
    return decodeResponse(bytes);
  } catch {
    throw new ClientError('answer-unreadable');
  }
}

/** The `code` of a problem (RFC 9457), or null. */
export function problemCode({ fields, content }: BhttpResponse): string | null {
  const type = fields.find(([name]) => name === 'content-type')?.[1] ?? '';
  if (type !== 'application/problem+json') return null;
  try {
    const { code } = JSON.parse(fromUtf8(content)) as { code?: unknown };
    return typeof code === 'string' ? code : null;
  } catch {
    return null;
  }
}

/** The time in a `date` field, or null. */
export function dateOf({ fields }: BhttpResponse): UnixSeconds | null {
  const millis = Date.parse(fields.find(([name]) => name === 'date')?.[1] ?? '');
  return Number.isNaN(millis) ? null : Math.floor(millis / 1000);
}

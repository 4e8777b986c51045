import { BhttpError, decodeResponse, encodeRequest, type BhttpResponse } from '@sotto/bhttp';
import { formatAuthorization } from '@sotto/privacypass';
import { concat, fromUtf8, utf8, type Bytes, type UnixSeconds } from '@sotto/wire';
import { ClientError, type ClientErrorCode } from './error.ts';

/** `Date` is rounded down to a multiple of this, so that it does not reveal the clock's skew (privacy L11). */
const DATE_GRID = 600; // seconds
const TOKEN_LENGTH = 162; // bytes of a token of type 0x0005

/** A request to a service. Nothing of a platform's Request is used. */
export interface InnerRequest {
  /** Name of the service, a row of the gateway's table. */
  readonly service: string;
  readonly method: string;
  /** Absolute path with an optional query. */
  readonly path: string;
  readonly contentType: string;
  readonly content: Bytes;
}

/**
 * Encodes the Binary HTTP request, padded to exactly `length` bytes. All clients send the same fields in the same
 * order (privacy L11).
 *
 * @param token - encoded; null for a service without tokens
 * @throws {ClientError} `query-too-long` if it does not fit; `config` if it is not a valid HTTP request
 */
export function encodeInner(
  { service, method, path, contentType, content }: InnerRequest,
  {
    token,
    date,
    length,
  }: { readonly token: Bytes | null; readonly date: UnixSeconds; readonly length: number },
): Bytes {
  const rounded = Math.floor(date / DATE_GRID) * DATE_GRID;
  const fields = [
    ...(token === null ? [] : [['authorization', formatAuthorization(token)] as const]),
    ['content-type', contentType] as const,
    ['date', new Date(rounded * 1000).toUTCString()] as const, // IMF-fixdate (RFC 9110 §5.6.7)
  ];
  const request = { method, scheme: 'https', authority: service, path, fields, content, trailers: [] };
  try {
    return encodeRequest(request, { length });
  } catch (error) {
    const tooLong = error instanceof BhttpError && error.code === 'too-long';
    throw new ClientError(tooLong ? 'query-too-long' : 'config');
  }
}

/** A path with a dot segment, in any encoding, and with path parameters or without. */
const DOT_SEGMENT = /(^|[\\/])(\.|%2e){1,2}([\\/;?]|%2f|%5c|$)/i;
const PATH = /^\/[\x21\x22\x24-\x7e]*$/; // printable ASCII without `#`
const METHOD = /^[A-Z]{1,16}$/;
const CONTENT_TYPE = /^[\x20-\x7e]{1,256}$/;

/** Refuses what the gateway would refuse, or what does not fit, before a token is taken. @throws as `encodeInner` */
export function checkFits(request: InnerRequest, hasToken: boolean, length: number): void {
  const { method, path, contentType } = request;
  if (!METHOD.test(method))
    throw new ClientError('config', { detail: 'The method must be in capital letters.' });
  if (!PATH.test(path) || DOT_SEGMENT.test(path)) {
    throw new ClientError('config', {
      detail: 'The path must begin with a slash, be percent-encoded, and have no dot segments.',
    });
  }
  if (!CONTENT_TYPE.test(contentType))
    throw new ClientError('config', { detail: 'The content type is not valid.' });
  encodeInner(request, { token: hasToken ? new Uint8Array(TOKEN_LENGTH) : null, date: 0, length });
}

/** What two equal requests have in common: everything but token, date and padding. */
export function requestIdentity({ service, method, path, contentType, content }: InnerRequest): Bytes {
  return concat(utf8(JSON.stringify([service, method, path, contentType])), content);
}

/** Refusals of the gateway, by the code of its problem. Any other response is the service's own. */
const GATEWAY_PROBLEMS: Readonly<Record<string, ClientErrorCode>> = {
  date: 'clock-wrong',
  'token-required': 'token-refused',
  'token-invalid': 'token-refused',
  spent: 'spent',
  replayed: 'replayed',
};

/** The client's code for a code of the gateway's; null for any other. */
export function gatewayErrorCode(code: string | null): ClientErrorCode | null {
  return code !== null && Object.hasOwn(GATEWAY_PROBLEMS, code) ? (GATEWAY_PROBLEMS[code] ?? null) : null;
}

/** @throws {ClientError} `answer-unreadable` */
export function decodeInner(bytes: Bytes): BhttpResponse {
  try {
    return decodeResponse(bytes);
  } catch {
    throw new ClientError('answer-unreadable');
  }
}

/** Whether the gateway sent this response itself. It removes this field (RFC 9209) from what a service sends. */
export const isFromGateway = ({ fields }: BhttpResponse): boolean =>
  fields.some(([name, value]) => name === 'proxy-status' && value === 'sotto-gateway');

/** The `code` of a problem (RFC 9457) of the gateway's; null for any other response. */
export function problemCode(response: BhttpResponse): string | null {
  if (!isFromGateway(response)) return null;
  const { fields, content } = response;
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

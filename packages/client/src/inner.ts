import {
  BhttpError,
  decodeResponse,
  encodeRequest,
  type BhttpRequest,
  type BhttpResponse,
  type Field,
} from '@sotto/bhttp';
import { formatAuthorization } from '@sotto/privacypass';
import { concat, utf8, type Bytes, type UnixSeconds } from '@sotto/wire';
import { ClientError, type ClientErrorCode } from './error.ts';
import { problemCode } from './problem.ts';

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
  /** Further header fields, which the row of the service admits, sorted by name. */
  readonly fields: readonly Field[];
  readonly content: Bytes;
}

/** The part of a Binary HTTP request before its content. */
export type RequestHead = Omit<BhttpRequest, 'content' | 'trailers'>;

/**
 * The head of the Binary HTTP request. All clients send the same fields in the same order (privacy L11), and then those of
 * the caller.
 *
 * @param token - encoded; null for a service without tokens
 */
export function headOf(
  { service, method, path, contentType, fields: more }: InnerRequest,
  { token, date }: { readonly token: Bytes | null; readonly date: UnixSeconds },
): RequestHead {
  const rounded = Math.floor(date / DATE_GRID) * DATE_GRID;
  const fields = [
    ...(token === null ? [] : [['authorization', formatAuthorization(token)] as const]),
    ['content-type', contentType] as const,
    ['date', new Date(rounded * 1000).toUTCString()] as const, // IMF-fixdate (RFC 9110 §5.6.7)
    ...more,
  ];
  return { method, scheme: 'https', authority: service, path, fields };
}

/**
 * Encodes a request, padded to exactly `length` bytes.
 *
 * @throws {ClientError} `query-too-long` if it does not fit; `config` if it is not a valid HTTP request
 */
export function encodeInner(
  request: InnerRequest,
  { length, ...head }: { readonly token: Bytes | null; readonly date: UnixSeconds; readonly length: number },
): Bytes {
  const { content } = request;
  try {
    return encodeRequest({ ...headOf(request, head), content, trailers: [] }, { length });
  } catch (error) {
    const tooLong = error instanceof BhttpError && error.code === 'too-long';
    throw new ClientError(tooLong ? 'query-too-long' : 'config', { cause: error });
  }
}

/** A path with a dot segment, in any encoding, and with path parameters or without. */
const DOT_SEGMENT = /(^|[\\/])(\.|%2e){1,2}([\\/;?]|%2f|%5c|$)/i;
const PATH = /^\/[\x21\x22\x24-\x7e]*$/; // printable ASCII without `#`
const METHOD = /^[A-Z]{1,16}$/;
const CONTENT_TYPE = /^[\x20-\x7e]{1,256}$/;
const FIELD_NAME = /^[a-z0-9][a-z0-9-]{0,63}$/;
const FIELD_VALUE = /^[\x20-\x7e]*$/;
/** Fields that the client sets, that a connection or a browser owns, or that name a person. No row can admit them. */
const NEVER_SENT =
  /^(?:accept-encoding|authorization|connection|content-length|content-type|cookie|date|expect|forwarded|from|host|keep-alive|te|trailer|transfer-encoding|upgrade|via|x-forwarded.*|(?:cf|proxy|sec)-.*)$/;

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
  for (const [name, value] of request.fields) checkField(name, value);
  encodeInner(request, { token: hasToken ? new Uint8Array(TOKEN_LENGTH) : null, date: 0, length });
}

function checkField(name: string, value: string): void {
  if (!FIELD_NAME.test(name) || NEVER_SENT.test(name)) {
    throw new ClientError('config', {
      detail: `The header field ${FIELD_NAME.test(name) ? name : ''} cannot be sent in a private request.`,
    });
  }
  if (!FIELD_VALUE.test(value)) {
    throw new ClientError('config', { detail: `The value of the header field ${name} must be ASCII.` });
  }
}

/** The identity of a request: everything but token, date and padding. Equal requests have the same one. */
export function requestIdentity({
  service,
  method,
  path,
  contentType,
  fields,
  content,
}: InnerRequest): Bytes {
  return concat(utf8(JSON.stringify([service, method, path, contentType, ...fields])), content);
}

/** Refusals of the gateway, by the code of its problem. Any other response is the service's own. */
const GATEWAY_PROBLEMS: Readonly<Record<string, ClientErrorCode>> = {
  date: 'clock-wrong',
  'token-required': 'token-refused',
  'token-invalid': 'token-refused',
  spent: 'spent',
  replayed: 'replayed',
  'bad-request': 'request-refused',
  'expectation-failed': 'request-refused',
  'fields-too-large': 'request-refused',
  forbidden: 'request-refused',
  'method-not-allowed': 'request-refused',
  'unsupported-media-type': 'request-refused',
};

/** The client's code for a code of the gateway's; null for any other. */
export function gatewayErrorCode(code: string | null): ClientErrorCode | null {
  return code !== null && Object.hasOwn(GATEWAY_PROBLEMS, code) ? (GATEWAY_PROBLEMS[code] ?? null) : null;
}

/** @throws {ClientError} `answer-unreadable` */
export function decodeInner(bytes: Bytes): BhttpResponse {
  try {
    return decodeResponse(bytes);
  } catch (cause) {
    throw new ClientError('answer-unreadable', { cause });
  }
}

/** Whether the gateway sent this response itself. It removes this field (RFC 9209) from what a service sends. */
export const isFromGateway = ({ fields }: BhttpResponse): boolean =>
  fields.some(([name, value]) => name === 'proxy-status' && value === 'sotto-gateway');

/** The `code` of a problem of the gateway's; null for any other response. */
export function gatewayProblem(response: BhttpResponse): string | null {
  if (!isFromGateway(response)) return null;
  const { fields, content } = response;
  return problemCode(fields.find(([name]) => name === 'content-type')?.[1] ?? '', content);
}

/** The time in a `date` field, or null. */
export function dateOf({ fields }: BhttpResponse): UnixSeconds | null {
  const millis = Date.parse(fields.find(([name]) => name === 'date')?.[1] ?? '');
  return Number.isNaN(millis) ? null : Math.floor(millis / 1000);
}

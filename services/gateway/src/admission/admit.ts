import type { BhttpRequest, Field } from '@sotto/bhttp';
import { parseContentLength } from '@sotto/http';
import { IDENTITY } from '../outer.ts';
import { InnerError } from '../problem.ts';

/** What a row of the table lets in. */
export interface RowPolicy {
  readonly methods: readonly Method[];
  /** The prefix that every path has. It ends at a slash or at the end of a path segment. */
  readonly paths: string;
  /** Names of fields, beside those of our clients, that may be in a request. The service gets them. */
  readonly fields: readonly string[];
}

/** An admitted request: everything that decides, and everything that a service may see. */
export interface Admission<Row> {
  readonly row: Row;
  readonly method: string;
  readonly path: string; // with its query
  readonly contentType: string | null;
  /** The fields that the row admits by name. */
  readonly fields: readonly Field[];
  readonly date: string | null;
  readonly authorization: string | null;
}

/** Methods that a row may list. HEAD comes with GET. */
export const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;
export type Method = (typeof METHODS)[number];
/** Methods without content. */
export const BODILESS: ReadonlySet<string> = new Set(['GET', 'HEAD']);

/** The fields of our clients. Anything else is a client's bug, and shows as one (privacy: L11), unless the row names it. */
const CLIENT_FIELDS = ['authorization', 'content-type', 'content-length', 'date', 'host'];
const ALLOWED = new Set(CLIENT_FIELDS);

/** Fields that no row may admit: those of a connection, those the gateway decides on, and those that identify a client. */
const NEVER = new Set([
  ...CLIENT_FIELDS,
  ...IDENTITY,
  'accept-encoding',
  'connection',
  'cookie',
  'expect',
  'http2-settings',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'via',
]);

/** Whether a row may admit a field of this name. */
export function isAdmissible(name: string): boolean {
  return /^[a-z0-9][a-z0-9-]{0,63}$/.test(name) && !NEVER.has(name) && !/^(?:sec|proxy|cf)-/.test(name);
}

/** A path and query that every URL parser leaves as they are: no fragment, backslash or empty first segment. */
const PATH =
  /^\/(?!\/)(?:[A-Za-z0-9\-._~!$&()*+,;=:@/]|%[0-9A-Fa-f]{2})*(?:\?(?:[A-Za-z0-9\-._~!$&()*+,;=:@/?]|%[0-9A-Fa-f]{2})*)?$/;

/** Segments of dots and spaces alone, with parameters (`..;x`) or without. */
const DOT_SEGMENT = /\/[.\s]+(?:[/;]|$)/;
/** What a service may decode a second time, or take for a separator, the end of a line or of a text. */
const AMBIGUOUS = /[\\\u0000-\u001f\u007f]|%[0-9A-Fa-f]{2}/;

const VISIBLE = /^[ -~]*$/;
const MOST_TYPE = 256; // bytes of a Content-Type

/** The row that an authority names, or undefined: by exact text, since a client never chooses a host. */
export function targetOf<Row>(
  request: Pick<BhttpRequest, 'authority' | 'fields'>,
  services: ReadonlyMap<string, Row>,
): Row | undefined {
  return services.get(authorityOf(request) ?? '');
}

/** The authority; an empty one means the Host field (RFC 9292 §3.4). Null when it is not one thing. */
function authorityOf({ authority, fields }: Pick<BhttpRequest, 'authority' | 'fields'>): string | null {
  const hosts = fields.filter(([name]) => name === 'host').map(([, value]) => value);
  if (hosts.length > 1) return null;
  const [host = authority] = hosts;
  if (authority !== '' && host !== authority) return null;
  return host === '' ? null : host;
}

/**
 * Judges a request by its form: method, scheme, authority, path, header set.
 *
 * @throws {InnerError} `bad-request`, `method-not-allowed`, `forbidden`, `expectation-failed`
 */
export function admit<Row extends RowPolicy>(
  request: BhttpRequest,
  services: ReadonlyMap<string, Row>,
): Admission<Row> {
  const { method, scheme, path, fields, content, trailers } = request;
  if (!/^[A-Z]{1,16}$/.test(method)) throw new InnerError('bad-request');
  if (scheme !== 'https') throw new InnerError('bad-request');
  if (authorityOf(request) === null) throw new InnerError('bad-request');
  const row = targetOf(request, services);
  if (row === undefined || !isPlainPath(path) || !isUnder(row.paths, path)) throw new InnerError('forbidden');
  if (!methodsOf(row).includes(method)) throw new InnerError('method-not-allowed');

  if (fields.some(([name]) => name === 'expect')) throw new InnerError('expectation-failed');
  if (trailers.length > 0) throw new InnerError('bad-request');
  const field = single(fields, row);
  checkContent(field.get('content-length'), content.length, method);
  const contentType = field.get('content-type') ?? null;
  if (contentType !== null && (contentType === '' || contentType.length > MOST_TYPE)) {
    throw new InnerError('bad-request');
  }
  const [date = null, authorization = null] = [field.get('date'), field.get('authorization')];
  const admitted = fields.filter(([name]) => row.fields.includes(name));
  return { row, method, path, contentType, fields: admitted, date, authorization };
}

/** The methods of a row, for a request and for an Allow field. */
export function methodsOf({ methods }: RowPolicy): string[] {
  return methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]));
}

/** Whether every party reads this path in one way. A path that a service could take for another one is refused. */
export function isPlainPath(path: string): boolean {
  if (!PATH.test(path)) return false;
  const [beforeQuery = ''] = path.split('?', 1);
  let decoded: string;
  try {
    decoded = decodeURIComponent(beforeQuery);
  } catch {
    return false; // not UTF-8
  }
  const folded = decoded.normalize('NFKC'); // full-width dots and slashes become plain ones
  return !DOT_SEGMENT.test(folded) && !AMBIGUOUS.test(folded);
}

/** Whether a path is the prefix or below it, at the border of a segment. */
export function isUnder(prefix: string, path: string): boolean {
  if (!path.startsWith(prefix)) return false;
  return prefix.endsWith('/') || /^(?:$|[/?])/.test(path.slice(prefix.length));
}

/** The fields by name: allowed ones, of visible bytes, once each. A second Date makes the Date invalid. */
function single(fields: readonly Field[], row: RowPolicy): Map<string, string> {
  const byName = new Map<string, string>();
  for (const [name, value] of fields) {
    const isAllowed = ALLOWED.has(name) || row.fields.includes(name);
    if (!isAllowed || !VISIBLE.test(value)) throw new InnerError('bad-request');
    if (byName.has(name)) throw new InnerError(name === 'date' ? 'date' : 'bad-request');
    byName.set(name, value);
  }
  return byName;
}

function checkContent(declared: string | undefined, length: number, method: string): void {
  if (declared !== undefined && parseContentLength(declared) !== length) throw new InnerError('bad-request');
  if (length > 0 && BODILESS.has(method)) throw new InnerError('bad-request');
}

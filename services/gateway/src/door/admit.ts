import type { BhttpRequest, Field } from '@sotto/bhttp';
import { InnerError } from '../problem.ts';

/** What is left of a request at the door: all that decides, and all that a service may see. */
export interface Admitted<Row> {
  readonly row: Row;
  readonly method: string;
  readonly path: string; // with its query
  readonly contentType: string | null;
  readonly date: string | null;
  readonly authorization: string | null;
}

/** Methods that a service may be asked with. */
export const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']);
const BODILESS = new Set(['GET', 'HEAD']);

/** The header set of our clients. Anything else is a client's bug, and shows as one (privacy: L11). */
const ALLOWED = new Set(['authorization', 'content-type', 'content-length', 'date', 'host']);

/** A path and query that every URL parser leaves as they are: no fragment, backslash or empty first segment. */
const PATH =
  /^\/(?!\/)(?:[A-Za-z0-9\-._~!$&()*+,;=:@/]|%[0-9A-Fa-f]{2})*(?:\?(?:[A-Za-z0-9\-._~!$&()*+,;=:@/?]|%[0-9A-Fa-f]{2})*)?$/;
const DOT_SEGMENT = /^[^?]*\/(?:\.|%2e){1,2}(?:[/?]|$)/i;

const VISIBLE = /^[ -~]*$/;
const MOST_TYPE = 256; // bytes of a Content-Type

/** The row that an authority names, or undefined: by exact text, since a client never chooses a host. */
export function targetOf<Row>(request: BhttpRequest, services: ReadonlyMap<string, Row>): Row | undefined {
  return services.get(authorityOf(request) ?? '');
}

/** The authority; an empty one means the Host field (RFC 9292 §3.4). Null when it is not one thing. */
function authorityOf({ authority, fields }: BhttpRequest): string | null {
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
export function admit<Row>(request: BhttpRequest, services: ReadonlyMap<string, Row>): Admitted<Row> {
  const { method, scheme, path, fields, content, trailers } = request;
  if (!METHODS.has(method)) {
    throw new InnerError(/^[A-Z]{1,16}$/.test(method) ? 'method-not-allowed' : 'bad-request');
  }
  if (scheme !== 'https') throw new InnerError('bad-request');
  if (authorityOf(request) === null) throw new InnerError('bad-request');
  const row = targetOf(request, services);
  if (row === undefined || !PATH.test(path) || DOT_SEGMENT.test(path)) throw new InnerError('forbidden');

  if (fields.some(([name]) => name === 'expect')) throw new InnerError('expectation-failed');
  if (trailers.length > 0) throw new InnerError('bad-request');
  const field = single(fields);
  checkContent(field.get('content-length'), content.length, method);
  const contentType = field.get('content-type') ?? null;
  if (contentType !== null && (contentType === '' || contentType.length > MOST_TYPE)) {
    throw new InnerError('bad-request');
  }
  const [date = null, authorization = null] = [field.get('date'), field.get('authorization')];
  return { row, method, path, contentType, date, authorization };
}

/** The fields by name: allowed ones, of visible bytes, once each. A second Date is no Date that we take. */
function single(fields: readonly Field[]): Map<string, string> {
  const byName = new Map<string, string>();
  for (const [name, value] of fields) {
    if (!ALLOWED.has(name) || !VISIBLE.test(value)) throw new InnerError('bad-request');
    if (byName.has(name)) throw new InnerError(name === 'date' ? 'date' : 'bad-request');
    byName.set(name, value);
  }
  return byName;
}

function checkContent(declared: string | undefined, length: number, method: string): void {
  if (declared !== undefined && !(/^[0-9]{1,15}$/.test(declared) && Number(declared) === length)) {
    throw new InnerError('bad-request');
  }
  if (length > 0 && BODILESS.has(method)) throw new InnerError('bad-request');
}

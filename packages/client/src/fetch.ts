import { ClientError } from './error.ts';
import type { RequestOptions, ServiceRequest, ServiceResponse } from './requests.ts';

/** What a request is, beside its URL. Of the platform's `RequestInit` it has what a private request can carry. */
export interface ClientRequestInit extends RequestOptions {
  /** Default: GET without a body, POST with one. */
  readonly method?: string;
  /** Only `content-type`: the requests of all clients have the same fields (privacy L11). */
  readonly headers?: HeadersInit;
  readonly body?: BodyInit | null;
  /** A value that is sent as JSON, in place of `body`. */
  readonly json?: unknown;
}

/** Statuses whose response has no body (RFC 9110 §6.4.1). */
const NULL_BODY: ReadonlySet<number> = new Set([204, 205, 304]);

/**
 * Reads the arguments of `fetch`.
 *
 * @throws {ClientError} `config` if the URL is not `https://SERVICE/…`, or for a header field that cannot be sent
 */
export async function parseFetch(
  input: string | URL | Request,
  init: ClientRequestInit,
): Promise<{ readonly service: string; readonly request: ServiceRequest }> {
  if (typeof input !== 'string' && 'headers' in input)
    return parseFetch(input.url, await initOf(input, init));
  const { host, pathname, search } = serviceUrl(input);
  const { method, body, contentType } = await contentOf(init);
  const content = body === null ? {} : { content: body };
  const type = contentType === null ? {} : { contentType };
  const verb = method === undefined ? {} : { method: method.toUpperCase() };
  return { service: host, request: { path: pathname + search, ...verb, ...type, ...content } };
}

function serviceUrl(input: string | URL): URL {
  let url: URL;
  try {
    url = new URL(input);
  } catch {
    throw new ClientError('config', { detail: 'The URL must be https://SERVICE/path.' });
  }
  if (url.protocol !== 'https:' || url.username !== '' || url.password !== '' || url.port !== '') {
    throw new ClientError('config', {
      detail: 'The URL must be https://SERVICE/path, without user and port.',
    });
  }
  return url;
}

/** A Request as an init. What `init` says itself wins. */
async function initOf(request: Request, init: ClientRequestInit): Promise<ClientRequestInit> {
  const body = init.json === undefined && request.body !== null ? await request.arrayBuffer() : null;
  return { method: request.method, headers: request.headers, body, signal: request.signal, ...init };
}

async function contentOf({ method, headers, body = null, json }: ClientRequestInit): Promise<{
  readonly method: string | undefined;
  readonly body: Uint8Array<ArrayBuffer> | null;
  readonly contentType: string | null;
}> {
  const fields = new Headers(headers);
  const refused = [...fields.keys()].find((name) => name !== 'content-type');
  if (refused !== undefined) {
    throw new ClientError('config', {
      detail:
        'Of the header fields only content-type can be sent: the requests of all clients have the same fields.',
    });
  }
  const sent = json === undefined ? body : JSON.stringify(json);
  if (sent === null) return { method, body: null, contentType: fields.get('content-type') };
  const response = new Response(sent); // reads every kind of body, and knows its type
  const type = json === undefined ? response.headers.get('content-type') : 'application/json';
  return {
    method,
    body: new Uint8Array(await response.arrayBuffer()),
    contentType: fields.get('content-type') ?? type,
  };
}

/** A service's response as the platform's. @throws {ClientError} `answer-unreadable` for a status that it cannot have */
export function toResponse({ status, fields, content }: ServiceResponse): Response {
  try {
    const headers = new Headers();
    for (const [name, value] of fields) headers.append(name, value);
    return new Response(NULL_BODY.has(status) ? null : content, { status, headers });
  } catch {
    throw new ClientError('answer-unreadable');
  }
}

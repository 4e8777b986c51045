import type { Field } from '@sotto/bhttp';
import { unlessAborted } from './deadline.ts';
import { ClientError } from './error.ts';
import type { ContentStream } from './exchange.ts';
import type { OpenRequest, OpenResponse, RequestOptions } from './requests.ts';

/** The options of a request: the members of the platform's `RequestInit` that a private request can carry. */
export interface ClientRequestInit extends RequestOptions {
  /** Default: GET without a body, POST with one. */
  readonly method?: string;
  /**
   * `content-type`, and fields that the row of the service admits (`fields` in the gateway's table). The gateway refuses
   * others. Send the same ones in all requests: what differs can mark a request (privacy L11).
   */
  readonly headers?: HeadersInit;
  /**
   * Any body of `fetch`. It must fit into the request length of the service. A ReadableStream with `duplex: 'half'` is sent as
   * it is read, if the row of the service admits that (`stream: { "requests": true }`) and the platform can: Node can, browsers
   * cannot. Otherwise it is read to its end first.
   */
  readonly body?: BodyInit | null;
  /** Lets a body that is a ReadableStream be sent as it is read. Such a request cannot be retried. */
  readonly duplex?: 'half';
  /** A value that is sent as JSON, in place of `body`. */
  readonly json?: unknown;
}

interface ParsedFetch {
  readonly service: string;
  readonly request: OpenRequest;
  readonly signal: AbortSignal | undefined;
}

/** Statuses whose response has no body (RFC 9110 §6.4.1). */
const NULL_BODY: ReadonlySet<number> = new Set([204, 205, 304]);

/**
 * Reads the arguments of `fetch`.
 *
 * @throws {ClientError} `config` if the URL is not `https://SERVICE/…`
 */
export async function parseFetch(
  input: string | URL | Request,
  init: ClientRequestInit,
): Promise<ParsedFetch> {
  if (typeof input !== 'string' && 'headers' in input) return parseFetch(input.url, initOf(input, init));
  const { host, pathname, search } = serviceUrl(input);
  const { signal } = init;
  if (signal?.aborted === true) throw signal.reason;
  const { method, content: given, contentType, fields } = await unlessAborted(signal, contentOf(init));
  const content = given === null ? {} : given instanceof Uint8Array ? { content: given } : { body: given };
  const type = contentType === null ? {} : { contentType };
  const verb = method === undefined ? {} : { method: method.toUpperCase() };
  return {
    service: host,
    signal,
    request: { path: pathname + search, fields, ...verb, ...type, ...content },
  };
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

/** Converts a Request to an init. The members of `init` take precedence. */
const initOf = ({ method, headers, body, signal }: Request, init: ClientRequestInit): ClientRequestInit => ({
  method,
  headers,
  body,
  signal,
  ...init,
});

async function contentOf({ method, headers, body = null, json, duplex }: ClientRequestInit): Promise<{
  readonly method: string | undefined;
  readonly content: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | null;
  readonly contentType: string | null;
  readonly fields: readonly Field[];
}> {
  const given = new Headers(headers);
  const named = given.get('content-type');
  given.delete('content-type');
  const fields = [...given].map(([name, value]): Field => [name, value]); // sorted by name
  const sent = json === undefined ? body : JSON.stringify(json);
  if (sent === null) return { method, content: null, contentType: named, fields };
  if (duplex === 'half' && isStream(sent)) return { method, content: sent, contentType: named, fields };
  const response = new Response(sent); // reads every kind of body, and knows its type
  const type = json === undefined ? response.headers.get('content-type') : 'application/json';
  return {
    method,
    content: new Uint8Array(await response.arrayBuffer()),
    contentType: named ?? type,
    fields,
  };
}

const isStream = (body: BodyInit): body is ReadableStream<Uint8Array> =>
  typeof ReadableStream === 'function' && body instanceof ReadableStream;

/** A service's response as the platform's. @throws {ClientError} `answer-unreadable` for a status that it cannot have */
export function toResponse({ status, fields, content, stream }: OpenResponse): Response {
  try {
    const headers = new Headers();
    for (const [name, value] of fields) headers.append(name, value);
    if (NULL_BODY.has(status)) {
      stream?.cancel();
      return new Response(null, { status, headers });
    }
    return new Response(stream === null ? content : bodyOf(stream), { status, headers });
  } catch (cause) {
    stream?.cancel();
    throw new ClientError('answer-unreadable', { cause });
  }
}

/** Content as a stream of the platform, read only on demand. */
export const bodyOf = ({
  read,
  cancel,
}: Pick<ContentStream, 'read'> & { readonly cancel: (reason: unknown) => void }): ReadableStream<
  Uint8Array<ArrayBuffer>
> =>
  new ReadableStream(
    {
      async pull(controller) {
        const piece = await read();
        if (piece === null) controller.close();
        else controller.enqueue(piece);
      },
      cancel,
    },
    { highWaterMark: 0 },
  );

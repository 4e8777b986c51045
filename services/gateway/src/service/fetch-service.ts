import type { Field } from '@sotto/bhttp';
import { type FetchedResponse, parseContentLength } from '@sotto/http';
import { InnerError } from '../problem.ts';
import type { Service, ServiceResponse, ServiceRequest } from './service.ts';

/** `fetch`, or a service binding's. */
export type Fetch = (url: string, init: RequestInit) => Promise<FetchedResponse>;

/** Header fields of a service's response that are passed on, and with which statuses. */
const PASSED: readonly [name: string, statuses: (status: number) => boolean][] = [
  ['content-type', () => true],
  ['allow', (status) => status === 405], // which must have one (RFC 9110 §15.5.6)
  ['location', (status) => status >= 300 && status < 400],
  ['retry-after', (status) => status === 429 || status === 503],
];

const VISIBLE = /^[!-~](?:[ -~]*[!-~])?$/;
const MOST_VALUE = 2048; // bytes

/**
 * A plain HTTP service. It sees the method, the path, the content type and the fields that its row admits, and nothing
 * else that differs between two requests.
 *
 * @param base - origin and path that the inner path is appended to, without a slash at its end
 */
export function fetchService(base: string, send: Fetch): Service {
  return {
    async call(request, deadline) {
      const { method, content } = request;
      const response = await send(join(base, request.path), {
        method,
        headers: headersOf(request),
        redirect: 'manual', // a redirect would send the body to another address
        signal: deadline,
        ...(method === 'GET' || method === 'HEAD' ? {} : { body: content, duplex: 'half' }),
      });
      try {
        return passedOn(response, method);
      } catch (error) {
        response.body?.cancel().catch(() => {});
        throw error;
      }
    },
  };
}

/** @throws {InnerError} `forbidden` if the resulting URL is not exactly base and path */
function join(base: string, path: string): string {
  const url = base + path;
  const parsed = URL.parse(url);
  const isExact = parsed?.href === url && parsed.hash === '' && parsed.host === new URL(base).host;
  if (!isExact || !path.startsWith('/')) throw new InnerError('forbidden');
  return url;
}

function headersOf({ contentType, fields }: ServiceRequest): Record<string, string> {
  const type = contentType === null ? {} : { 'content-type': contentType };
  return { ...Object.fromEntries(fields), 'accept-encoding': 'identity', ...type };
}

/**
 * A content coding is refused, because the limit counts the bytes that the service sent.
 *
 * @throws {InnerError} `bad-gateway` for a content coding, a malformed Content-Length, or a status that is not final
 */
function passedOn({ status, headers, body }: FetchedResponse, method: string): ServiceResponse {
  const coding = headers.get('content-encoding');
  const isPlain = coding === null || coding.trim().toLowerCase() === 'identity';
  const isFinal = Number.isInteger(status) && status >= 200 && status <= 599;
  const declared = headers.get('content-length');
  const declaredLength = declared === null ? undefined : parseContentLength(declared);
  if (!isPlain || !isFinal || declaredLength === null) throw new InnerError('bad-gateway');
  const fields = PASSED.flatMap(([name, allows]): Field[] => {
    const value = headers.get(name);
    return value !== null && allows(status) && value.length <= MOST_VALUE && VISIBLE.test(value)
      ? [[name, value]]
      : [];
  });
  const isBodiless = method === 'HEAD' || status === 204 || status === 304;
  if (isBodiless || body === null) return { status, fields, content: new Uint8Array(0) };
  return { status, fields, content: body, declaredLength };
}

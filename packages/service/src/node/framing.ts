import type { IncomingMessage } from 'node:http';
import type { ProblemCode } from '@sotto/http';

const MAX_HEADERS = 100;

/**
 * Fields that may occur only once. Node would drop or join a second one, and a proxy in front may have read
 * the other.
 */
const SINGLE = new Set([
  'authorization',
  'content-encoding',
  'content-length',
  'content-type',
  'host',
  'transfer-encoding',
]);

/** Why two parsers could read this as different requests (RFC 9112 §3.2, §11.2); null when they cannot. */
export function ambiguityOf({
  rawHeaders,
  url,
}: Pick<IncomingMessage, 'rawHeaders' | 'url'>): ProblemCode | null {
  if (rawHeaders.length > 2 * MAX_HEADERS) return 'fields-too-large';
  const names = rawHeaders.filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase());
  const single = names.filter((name) => SINGLE.has(name));
  if (new Set(single).size < single.length) return 'bad-request';
  return isExactTarget(url ?? '') ? null : 'not-found';
}

/** Whether a target is a path that a URL parser leaves as it is: no origin, no dot segments, no backslash, no fragment. */
function isExactTarget(target: string): boolean {
  if (!target.startsWith('/') || !URL.canParse(`http://a${target}`)) return false;
  const { pathname, search } = new URL(`http://a${target}`);
  return pathname + search === target;
}

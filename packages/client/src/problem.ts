import { fromUtf8, type Bytes } from '@sotto/wire';

/** The `code` of a problem (RFC 9457); null if the body is none. */
export function problemCode(type: string, body: Bytes): string | null {
  if (type !== 'application/problem+json') return null;
  try {
    const { code } = JSON.parse(fromUtf8(body)) as { code?: unknown };
    return typeof code === 'string' ? code : null;
  } catch {
    return null;
  }
}

/**
 * Whether a Content-Type is exactly this media type, ignoring parameters and letter case (RFC 9110 §8.3.1). A
 * list or a longer name is another type.
 */
export function hasMediaType(value: string | null, type: string): boolean {
  if (value === null || value.includes(',')) return false;
  return (value.split(';', 1)[0] ?? '').trim().toLowerCase() === type;
}

/** Whether two texts are equal, in time that depends only on the length of `given`. */
export function equalText(given: string, expected: string): boolean {
  let difference = given.length ^ expected.length;
  for (let i = 0; i < given.length; i++) {
    difference |= given.charCodeAt(i) ^ expected.charCodeAt(i % Math.max(1, expected.length));
  }
  return difference === 0;
}

/** The token of `Authorization: Bearer …` (RFC 6750 §2.1), or null when there is none. */
export function bearerToken(headers: Headers): string | null {
  return /^Bearer +([A-Za-z0-9\-._~+/]+=*)$/i.exec(headers.get('authorization') ?? '')?.[1] ?? null;
}

/**
 * Whether an operator's secret can be a credential: `Authorization: Bearer` can carry it (RFC 6750 §2.1), and
 * it has 16 to 512 characters before any `=`.
 */
export function isCredential(text: string): boolean {
  return /^[A-Za-z0-9\-._~+/]{16,512}=*$/.test(text);
}

/** The rule of {@link isCredential}, for the error with which a service refuses to start. */
export const CREDENTIAL_WANTED = 'must be 16 to 512 characters of A-Z a-z 0-9 - . _ ~ + /';

/** The constant response to a browser's preflight: the same for every origin, so it needs no Vary. */
export const PREFLIGHT: Readonly<Record<string, string>> = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'GET, POST',
  'access-control-allow-headers': 'authorization, content-type, incremental',
  'access-control-max-age': '86400', // seconds
};

/** The fields that a browser needs on a response. */
export const CORS: Readonly<Record<string, string>> = { 'access-control-allow-origin': '*' };

import { bearerToken, equalText } from '@sotto/http';

/** Headers that say where a client is. A relay that sends one is not a relay (privacy: L13). */
export const IDENTITY = [
  'cf-connecting-ip',
  'cf-connecting-ipv6',
  'cf-pseudo-ipv4',
  'cf-ipcountry',
  'cf-ipcity',
  'cf-ipcontinent',
  'cf-iplatitude',
  'cf-iplongitude',
  'cf-region',
  'cf-region-code',
  'cf-postal-code',
  'cf-timezone',
  'cf-metro-code',
  'forwarded',
  'true-client-ip',
  'x-client-ip',
  'x-forwarded-for',
  'x-real-ip',
] as const;

/**
 * Whether a request says who a client is. It is then refused and not overlooked: a deployment that leaks must fail.
 *
 * @param egress - identity headers that the relay's place of execution is known to add, each with its constant
 */
export function bearsIdentity(headers: Headers, egress: ReadonlyMap<string, string>): boolean {
  return IDENTITY.some((name) => {
    const value = headers.get(name);
    return value !== null && value !== egress.get(name);
  });
}

/** Whether the relay's credential came along; in time that does not depend on where it differs. */
export function bearsCredential(headers: Headers, credential: string): boolean {
  return equalText(bearerToken(headers) ?? '', credential);
}

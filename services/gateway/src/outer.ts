import { bearerToken, equalText, HttpError } from '@sotto/http';

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
 * Refuses what a relay would not send. Identity is refused, not overlooked: a deployment that leaks must fail.
 *
 * @param egress - identity headers that the relay's place of execution is known to add, each with its constant
 * @throws {HttpError} `bad-request` for identity, `unauthorized` without the relay's credential
 */
export function checkRelay(headers: Headers, egress: ReadonlyMap<string, string>, credential: string): void {
  for (const name of IDENTITY) {
    const value = headers.get(name);
    if (value !== null && value !== egress.get(name)) throw new HttpError('bad-request');
  }
  if (!equalText(bearerToken(headers) ?? '', credential)) throw new HttpError('unauthorized');
}

import { bearerToken, equalText } from '@sotto/http';

/** Headers that say where a client is, as providers and proxies name them. A relay that sends one is none (privacy: L13). */
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
  'client-ip',
  'do-connecting-ip',
  'fastly-client-ip',
  'fly-client-ip',
  'forwarded',
  'forwarded-for',
  'true-client-ip',
  'x-appengine-user-ip',
  'x-azure-clientip',
  'x-azure-socketip',
  'x-client-ip',
  'x-cluster-client-ip',
  'x-envoy-external-address',
  'x-forwarded',
  'x-forwarded-for',
  'x-nf-client-connection-ip',
  'x-original-forwarded-for',
  'x-real-ip',
  'x-vercel-forwarded-for',
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

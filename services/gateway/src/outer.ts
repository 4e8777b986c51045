import { bearerToken, equalText } from '@sotto/http';

/**
 * Fields that a relay has to send, and fields that platforms between relay and gateway add to every request
 * with the same value.
 */
const EXPECTED = new Set([
  'accept-encoding',
  'authorization',
  'cdn-loop',
  'cf-ew-via',
  'cf-ray',
  'cf-visitor',
  'cf-worker',
  'connection',
  'content-length',
  'content-type',
  'host',
  'incremental',
  'transfer-encoding',
  'x-forwarded-proto',
]);

/**
 * Fields that reveal a client's address or location, by the names of providers and proxies. They are counted
 * by name.
 */
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

const KNOWN: ReadonlySet<string> = new Set(IDENTITY);

/**
 * The fields of a request that are not expected: any of them could say who the client is. Such a request is refused, so
 * that a deployment that leaks fails (privacy: L13).
 *
 * @param egress - fields that the platform of the relay is known to add, each with its constant value
 */
export function unexpectedFields(headers: Headers, egress: ReadonlyMap<string, string>): string[] {
  const names: string[] = [];
  for (const name of headers.keys()) {
    if (!EXPECTED.has(name) && headers.get(name) !== egress.get(name)) names.push(name);
  }
  return names;
}

/** The name of a field for the counters, from a closed set. */
export const countedName = (name: string): string => (KNOWN.has(name) ? name : 'other');

/** Whether the request has a credential of the relay. Each comparison takes the same time wherever they differ. */
export function bearsCredential(headers: Headers, credentials: readonly string[]): boolean {
  const given = bearerToken(headers) ?? '';
  return credentials.filter((credential) => equalText(given, credential)).length > 0;
}

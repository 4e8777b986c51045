import { readFileSync } from 'node:fs';
import { ConfigValue, readAuthorities, refuseDuplicates, type Variables } from '@sotto/service/config';
import { readListenSettings, readOperatorSettings, type ListenSettings } from '@sotto/service/node';
import { PLAIN_HTTP, readConfig, type Config, type UrlTarget } from '../config.ts';
import { areLoopback, permitAddresses, type Permits } from './addresses.ts';

export interface Settings extends ListenSettings {
  readonly config: Config;
  readonly operator: ListenSettings;
  readonly store: string; // path
  readonly issuers: readonly string[]; // base URLs of their listeners for gateways
  /** The authorities that the certificates of issuers must be from, in PEM. Default: those of Node. */
  readonly issuerTls: { readonly ca?: string };
  readonly issuerCredential: string;
  readonly replayCapacity: number;
  /** Which addresses each service may be at. */
  readonly permits: ReadonlyMap<string, Permits>;
}

const LOOPBACK = new Set(['127.0.0.1', '[::1]', 'localhost']);

/** @throws {ConfigError} for the first variable that is missing, wrong or unsafe; it contains no value */
export function readSettings(variables: Variables): Settings {
  const config = readConfig(variables);
  const listening = readListenSettings(variables);
  const nat64 = readNat64(variables);
  return {
    ...listening,
    operator: readOperatorSettings(variables, listening),
    config,
    store: variables.text('STORE'),
    issuers: readIssuers(variables.value('ISSUER')),
    issuerTls: readIssuerTls(variables),
    issuerCredential: variables.credential('ISSUER_TOKEN'),
    replayCapacity: variables.number('REPLAY_CAPACITY'),
    permits: new Map(
      config.services.flatMap(({ name, target }, i) =>
        'issuer' in target
          ? []
          : [[name, permitsOf(new ConfigValue(`SERVICES[${i}].target`, target), nat64)] as const],
      ),
    ),
  };
}

/**
 * Which addresses a service may be at: those of its `private` list, and with https the public internet.
 *
 * @throws {ConfigError} also when the URL itself has an address that is not permitted
 */
function permitsOf(target: ConfigValue, nat64: string | null): Permits {
  const { url, private: own = [] } = target.raw as UrlTarget;
  const isSecure = url.startsWith('https:');
  let permits: Permits;
  let isHere: boolean;
  try {
    permits = permitAddresses({ own, internet: isSecure, nat64 });
    isHere = areLoopback(own);
  } catch {
    return target.member('private').fail('must be addresses or prefixes of your own network, not larger');
  }
  if (!isSecure && !isHere) target.member('url').fail(PLAIN_HTTP);
  const host = new URL(url).hostname.replace(/^\[|\]$/g, '');
  if (/^[0-9.]+$|:/.test(host) && !permits(host)) {
    target.member('url').fail('is an address that "private" does not list. Add it there');
  }
  return permits;
}

function readNat64(variables: Variables): string | null {
  if (!variables.has('NAT64_PREFIX')) return null;
  const value = variables.value('NAT64_PREFIX');
  const prefix = value.text();
  try {
    permitAddresses({ own: [], internet: true, nat64: prefix });
    return prefix;
  } catch {
    return value.fail(
      'must be an IPv6 prefix of 32, 40, 48, 56, 64 or 96 bits, like 64:ff9b::/96 (RFC 6052)',
    );
  }
}

/** Issuers on this machine use http. The credential and vouchers cross a network only under TLS. */
function readIssuers(value: ConfigValue): string[] {
  const remedy =
    'must be URLs of listeners of the issuer for gateways, like http://127.0.0.1:8081 on this machine and https://issuer.internal:8081 on others, with spaces between them';
  const urls = value
    .text(remedy)
    .trim()
    .split(/\s+/)
    .map((text) => new ConfigValue(value.path, text));
  refuseDuplicates(urls);
  return urls.map((one) => {
    const { origin, protocol, hostname } = one.url(remedy);
    const isOrigin = origin === one.raw || `${origin}/` === one.raw;
    const isSafe = protocol === 'https:' || (protocol === 'http:' && LOOPBACK.has(hostname));
    return isOrigin && isSafe ? origin : one.fail(remedy);
  });
}

function readIssuerTls(variables: Variables): Settings['issuerTls'] {
  if (!variables.has('ISSUER_CA_FILE')) return {};
  const readFile = (path: string): string => readFileSync(path, 'utf8');
  return { ca: readAuthorities(variables.value('ISSUER_CA_FILE'), readFile) };
}

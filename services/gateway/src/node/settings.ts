import { ConfigValue, type Variables } from '@sotto/service/config';
import { readListenSettings, readOperatorSettings, type ListenSettings } from '@sotto/service/node';
import { PLAIN_HTTP, readConfig, type Config, type UrlTarget } from '../config.ts';
import { areLoopback, permitAddresses, type Permits } from './addresses.ts';

export interface Settings extends ListenSettings {
  readonly config: Config;
  readonly operator: ListenSettings;
  readonly store: string; // path
  readonly issuer: string; // base URL of its private listener
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
    issuer: readIssuer(variables.value('ISSUER')),
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

/** The private listener of the issuer is on loopback; a tunnel to an issuer elsewhere ends there. */
function readIssuer(value: ConfigValue): string {
  const remedy = 'must be the private listener of the issuer, like http://127.0.0.1:8081: http on loopback';
  const url = value.url(remedy);
  const isOrigin = url.origin === value.raw || `${url.origin}/` === value.raw;
  if (!isOrigin || url.protocol !== 'http:' || !LOOPBACK.has(url.hostname)) value.fail(remedy);
  return url.origin;
}

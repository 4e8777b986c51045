import { ConfigValue, type Variables } from '@sotto/service/config';
import { readListenSettings, readOperatorSettings, type ListenSettings } from '@sotto/service/node';
import { readConfig, type Config, type UrlTarget } from '../config.ts';
import { publicAnd, type Permits } from './addresses.ts';

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
  return {
    ...listening,
    operator: readOperatorSettings(variables, listening),
    config,
    store: variables.text('STORE'),
    issuer: readIssuer(variables.value('ISSUER')),
    issuerCredential: variables.credential('ISSUER_TOKEN'),
    replayCapacity: variables.number('REPLAY_CAPACITY'),
    permits: new Map(
      config.services.map(({ name, target }, i) => [
        name,
        permitsOf(new ConfigValue(`SERVICES[${i}].target`, target)),
      ]),
    ),
  };
}

/** @throws {ConfigError} also when a literal address in the URL is not permitted */
function permitsOf(target: ConfigValue): Permits {
  const { url, private: own = [] } = target.raw as UrlTarget;
  let permits: Permits;
  try {
    permits = publicAnd(own);
  } catch {
    return target.member('private').fail('must be addresses or prefixes of your own network, not larger');
  }
  const host = new URL(url).hostname.replace(/^\[|\]$/g, '');
  if (/^[0-9.]+$|:/.test(host) && !permits(host)) {
    target.member('url').fail('is an address that "private" does not list. Add it there');
  }
  return permits;
}

/** The private listener of the issuer is on loopback; a tunnel to an issuer elsewhere ends there. */
function readIssuer(value: ConfigValue): string {
  const remedy = 'must be the private listener of the issuer, like http://127.0.0.1:8081: http on loopback';
  const url = value.url(remedy);
  const isOrigin = url.origin === value.raw || `${url.origin}/` === value.raw;
  if (!isOrigin || url.protocol !== 'http:' || !LOOPBACK.has(url.hostname)) value.fail(remedy);
  return url.origin;
}

import { ConfigError, type ConfigValue, type Variables } from '@sotto/service/config';

/**
 * One gateway that this relay forwards to (RFC 9458 §8.2: a resource of the relay maps to one of a gateway).
 */
export interface Gateway {
  /** Path below the relay's base URL that selects it: "" or "/name". */
  readonly base: string;
  /** Origin, without a slash at its end. */
  readonly origin: string;
  /**
   * The credential that the relay sends to the gateway (`Authorization: Bearer`); null for a gateway that
   * needs none.
   */
  readonly credential: string | null;
}

export interface Config {
  readonly gateways: readonly Gateway[];
  /** Whether plain http to a loopback address is allowed: for development only. */
  readonly local: boolean;
  /** Origins of the web pages that may use this relay; null for all. */
  readonly corsOrigins: ReadonlySet<string> | null;
  /** The provider whose gateways are refused: that of the relay. Null when none is refused. */
  readonly refusedProvider: string | null;
  /** How often the key bundle is fetched, in seconds, counted from 1970. */
  readonly bundleSeconds: number;
  /** Milliseconds. A response is sent at the next multiple of this after its request arrived; 0: at once. */
  readonly bucketMs: number;
  readonly limits: Limits;
}

export interface Limits {
  readonly requestBytes: number;
  readonly responseBytes: number;
  /** Of a chunked message, each way. */
  readonly streamBytes: number;
  /** Milliseconds for the whole body of a request to arrive. */
  readonly requestMs: number;
  /** Milliseconds for the whole response of the gateway. */
  readonly gatewayMs: number;
  /** Milliseconds for a chunked exchange from its first byte to its last. */
  readonly streamMs: number;
}

const PATH = /^(?:\/[a-z0-9-]+)*$/;
const LOOPBACK = new Set(['127.0.0.1', '[::1]', 'localhost']);
const RESERVED = new Set(['/health', '/ohttp', '/bundle']);

/** @throws {ConfigError} for anything missing or unsafe: only numbers have a default */
export function readConfig(variables: Variables): Config {
  const local = variables.flag('LOCAL');
  const credentials = variables.json('RELAY_TOKENS');
  const gateways = variables
    .json('GATEWAYS')
    .entries()
    .map(([base, value]) => ({
      base: basePath(base, value),
      origin: gatewayOrigin(value, local),
      credential: credentialOf(credentials.member(base)),
    }));
  if (gateways.length === 0) throw new ConfigError('GATEWAYS', 'must name one gateway or more');
  for (const [base, value] of credentials.entries()) {
    if (!gateways.some((gateway) => gateway.base === base)) {
      value.fail('is a base path that GATEWAYS does not have. Remove it, or add the gateway');
    }
  }
  return {
    gateways,
    local,
    corsOrigins: variables.has('CORS_ORIGINS') ? readOrigins(variables.json('CORS_ORIGINS'), local) : null,
    refusedProvider: local || variables.flag('ALLOW_ONE_PROVIDER') ? null : variables.provider(),
    bundleSeconds: variables.number('BUNDLE_SECONDS'),
    bucketMs: variables.number('BUCKET_MS'),
    limits: {
      requestBytes: variables.number('MAX_REQUEST_BYTES'),
      responseBytes: variables.number('MAX_RESPONSE_BYTES'),
      streamBytes: variables.number('MAX_STREAM_BYTES'),
      requestMs: variables.number('REQUEST_MS'),
      gatewayMs: variables.number('GATEWAY_MS'),
      streamMs: variables.number('STREAM_MS'),
    },
  };
}

const OTHER_ZONE = 'Move one of them to another domain (specs/deployment.md)';

/**
 * Refuses a gateway that is this relay itself, or seems to be in its zone, where the platform adds the
 * visitor's address to what the relay sends.
 *
 * Without a list of public suffixes, two names under one parent of two labels or more count as one zone.
 *
 * @param own - the relay's own public origin
 * @throws {ConfigError}
 */
export function refuseOwnZone({ gateways, local }: Config, own: string): void {
  const mine = new URL(own);
  for (const { origin } of gateways) {
    const theirs = new URL(origin);
    if (theirs.host === mine.host)
      throw new ConfigError('GATEWAYS', 'names this relay itself. Name the gateway');
    if (!local && sameZone(mine.hostname, theirs.hostname)) {
      throw new ConfigError('GATEWAYS', `names a gateway in the zone of this relay. ${OTHER_ZONE}`);
    }
  }
}

/** {@link refuseOwnZone} for the URL of each request; an origin is not checked again right after it was accepted. */
export function zoneCheck(config: Config): (url: string) => void {
  let accepted: string | null = null; // an origin and a slash
  return (url) => {
    if (accepted !== null && url.startsWith(accepted)) return;
    const { origin } = new URL(url);
    refuseOwnZone(config, origin);
    accepted = `${origin}/`;
  };
}

function sameZone(a: string, b: string): boolean {
  if (a === b || a.endsWith(`.${b}`) || b.endsWith(`.${a}`)) return true;
  return parent(a) === parent(b) && parent(a).includes('.');
}

function parent(name: string): string {
  return name.slice(name.indexOf('.') + 1);
}

function basePath(base: string, value: ConfigValue): string {
  if (PATH.test(base) && !RESERVED.has(base)) return base;
  return value.fail('has a wrong base path. Use "" or one like "/name", not /health, /ohttp or /bundle');
}

function readOrigins(list: ConfigValue, local: boolean): ReadonlySet<string> {
  return new Set(list.list().map((value) => readOrigin(value, 'https://app.example', local).origin));
}

/** An https origin; with LOCAL also http on loopback. */
function readOrigin(value: ConfigValue, example: string, local: boolean): URL {
  const remedy = `must be an origin and no more, like "${example}"`;
  const url = value.url(remedy);
  if (url.origin !== value.raw && `${url.origin}/` !== value.raw) value.fail(remedy);
  if (url.protocol !== 'https:' && !(local && LOOPBACK.has(url.hostname))) value.fail('must be https');
  return url;
}

function gatewayOrigin(value: ConfigValue, local: boolean): string {
  const url = readOrigin(value, 'https://gateway.example', local);
  if (local && LOOPBACK.has(url.hostname)) return url.origin;
  if (LOOPBACK.has(url.hostname) || /^[\d.]+$/.test(url.hostname) || url.hostname.startsWith('[')) {
    return value.fail('must be a name, not an address');
  }
  return url.origin;
}

function credentialOf(value: ConfigValue): string | null {
  if (value.raw === null) return null;
  if (value.raw === undefined) {
    value.fail('is missing. Add the credential of this gateway, or null when it asks for none');
  }
  return value.credential();
}

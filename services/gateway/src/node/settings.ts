import { readFileSync } from 'node:fs';
import { ConfigError, credential, parseConfig, type Config, type UrlTarget } from '../config.ts';
import { publicAnd, type Permits } from './addresses.ts';

type Vars = Readonly<Record<string, string | undefined>>;

export interface Settings {
  readonly config: Config;
  readonly store: string; // path
  readonly host: string;
  readonly port: number;
  readonly tls?: { readonly cert: string; readonly key: string };
  readonly issuer: string; // base URL of its private listener
  readonly issuerCredential: string;
  readonly replayCapacity: number;
  readonly maxInFlight: number;
  readonly drainMs: number;
  /** Which addresses each service may be at. */
  readonly permits: ReadonlyMap<string, Permits>;
}

const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost']);

/**
 * What a gateway on Node is told by its environment.
 *
 * @throws {ConfigError} for the first variable that is missing, wrong or unsafe; it prints no value
 */
export function readSettings(env: Vars): Settings {
  const config = parseConfig(env, 'node');
  const text = (name: string): string | undefined => env[name] || undefined;
  const number = (name: string, fallback: number, least: number, most: number): number =>
    wholeNumber(name, text(name) ?? `${fallback}`, least, most);
  const store = text('STORE');
  if (store === undefined) throw new ConfigError('STORE', 'the path of a file is needed');
  const host = text('HOST') ?? '127.0.0.1';
  const tls = readTls(text('TLS_CERT_FILE'), text('TLS_KEY_FILE'));
  if (!LOOPBACK.has(host) && tls === undefined && text('BEHIND_TLS') !== 'true') {
    const needed = 'beyond loopback it needs TLS_CERT_FILE and TLS_KEY_FILE, or BEHIND_TLS=true';
    throw new ConfigError('HOST', needed);
  }
  return {
    config,
    store,
    host,
    port: number('PORT', 8802, 0, 65_535),
    ...(tls && { tls }),
    issuer: issuerUrl(text('ISSUER')),
    issuerCredential: credential('ISSUER_TOKEN', text('ISSUER_TOKEN')),
    replayCapacity: number('REPLAY_CAPACITY', 65_536, 1, 1 << 20),
    maxInFlight: number('MAX_IN_FLIGHT', 512, 1, 65_536),
    drainMs: number('DRAIN_MS', 9000, 10, 60_000),
    permits: new Map(config.services.map(({ name, target }, i) => [name, permitsOf(target as UrlTarget, i)])),
  };
}

/** @throws {ConfigError} also when a literal address in the URL is not one of those */
function permitsOf({ url, private: own = [] }: UrlTarget, i: number): Permits {
  const at = `SERVICES[${i}].target`;
  let permits: Permits;
  try {
    permits = publicAnd(own);
  } catch {
    throw new ConfigError(`${at}.private`, 'not addresses, or more of them than a network has');
  }
  const host = new URL(url).hostname.replace(/^\[|\]$/g, '');
  if (/^[0-9.]+$|:/.test(host) && !permits(host)) {
    throw new ConfigError(at, 'an address that "private" does not name');
  }
  return permits;
}

/** The issuer's private listener is on loopback; a tunnel to one elsewhere ends there. */
function issuerUrl(value: string | undefined): string {
  const url = value !== undefined && URL.canParse(value) ? new URL(value) : null;
  const isOrigin = url !== null && (url.origin === value || `${url.origin}/` === value);
  const isHere = isOrigin && url.protocol === 'http:' && LOOPBACK.has(url.hostname.replace(/^\[|\]$/g, ''));
  if (!isHere) throw new ConfigError('ISSUER', 'not the issuer’s private listener, http on loopback');
  return url.origin;
}

function readTls(cert: string | undefined, key: string | undefined): Settings['tls'] {
  if (cert === undefined && key === undefined) return undefined;
  try {
    return { cert: readFileSync(cert ?? '', 'utf8'), key: readFileSync(key ?? '', 'utf8') };
  } catch {
    throw new ConfigError('TLS_CERT_FILE, TLS_KEY_FILE', 'one of them cannot be read');
  }
}

function wholeNumber(name: string, text: string, least: number, most: number): number {
  const value = /^[0-9]{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new ConfigError(name, `not a whole number from ${least} to ${most}`);
}

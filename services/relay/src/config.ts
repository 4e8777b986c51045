import { isCredential } from '@sotto/http';

/** One gateway that this relay speaks to (RFC 9458 §8.2: a resource of the relay maps to one of a gateway). */
export interface Gateway {
  /** Path of the relay's base URL that picks it: "" or "/name". */
  readonly base: string;
  /** Origin, without a slash at its end. */
  readonly origin: string;
  /** What the relay shows the gateway (`Authorization: Bearer`), or null for a gateway that asks for none. */
  readonly credential: string | null;
}

export interface Config {
  readonly gateways: readonly Gateway[];
  /** Whether plain http to a loopback address is allowed: on a developer's machine alone. */
  readonly local: boolean;
  /** How often the key bundle is fetched, in seconds, counted from 1970. */
  readonly bundleSeconds: number;
  /** An answer leaves at the next multiple of this after its request came; 0: at once. In milliseconds. */
  readonly bucketMs: number;
  readonly limits: Limits;
}

export interface Limits {
  readonly requestBytes: number;
  readonly responseBytes: number;
  /** Of a chunked message, each way. */
  readonly streamBytes: number;
  /** For a request's whole body to arrive. */
  readonly requestMs: number;
  /** For the gateway's whole answer. */
  readonly gatewayMs: number;
  /** For a chunked exchange from its first byte to its last. */
  readonly streamMs: number;
}

/** Variables and secrets as text, from a Worker's bindings or a process's environment. */
export type Vars = Readonly<Record<string, unknown>>;

/** Why this relay must not start: one line, with no secret in it. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

const PATH = /^(?:\/[a-z0-9-]+)*$/;
const LOOPBACK = new Set(['127.0.0.1', '[::1]', 'localhost']);
const RESERVED = new Set(['/health', '/ohttp', '/bundle']);

/** @throws {ConfigError} for anything missing or unsafe: nothing here has a default but numbers */
export function readConfig(vars: Vars): Config {
  const local = vars['LOCAL'] === 'true';
  const origins = object(vars, 'GATEWAYS');
  const credentials = object(vars, 'RELAY_TOKENS');
  const gateways = Object.entries(origins).map(([base, url]) => {
    if (!PATH.test(base) || RESERVED.has(base))
      throw new ConfigError('GATEWAYS: a base path is "" or like "/name"');
    return { base, origin: gatewayOrigin(url, local), credential: credential(credentials, base) };
  });
  if (gateways.length === 0) throw new ConfigError('GATEWAYS: names no gateway');
  if (Object.keys(credentials).some((base) => !(base in origins))) {
    throw new ConfigError('RELAY_TOKENS: has a base path that GATEWAYS lacks');
  }
  const number = (name: string, fallback: number, min: number, max: number): number =>
    wholeNumber(vars[name], name, fallback, min, max);
  return {
    gateways,
    local,
    bundleSeconds: number('BUNDLE_SECONDS', 600, 1, 86_400),
    bucketMs: number('BUCKET_MS', 0, 0, 5000),
    limits: {
      requestBytes: number('MAX_REQUEST_BYTES', 1 << 20, 55, 1 << 26),
      responseBytes: number('MAX_RESPONSE_BYTES', 1 << 20, 1024, 1 << 26),
      streamBytes: number('MAX_STREAM_BYTES', 1 << 24, 1024, 1 << 30),
      requestMs: number('REQUEST_MS', 10_000, 50, 120_000),
      gatewayMs: number('GATEWAY_MS', 30_000, 50, 120_000),
      streamMs: number('STREAM_MS', 120_000, 50, 600_000),
    },
  };
}

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
    if (theirs.host === mine.host) throw new ConfigError('GATEWAYS: a gateway is this relay itself');
    if (!local && sameZone(mine.hostname, theirs.hostname)) {
      throw new ConfigError('GATEWAYS: a gateway is in the zone of this relay');
    }
  }
}

function sameZone(a: string, b: string): boolean {
  if (a === b || a.endsWith(`.${b}`) || b.endsWith(`.${a}`)) return true;
  return parent(a) === parent(b) && parent(a).includes('.');
}

function parent(name: string): string {
  return name.slice(name.indexOf('.') + 1);
}

function gatewayOrigin(value: unknown, local: boolean): string {
  let url: URL;
  try {
    url = new URL(String(value));
  } catch {
    throw new ConfigError('GATEWAYS: a gateway is not a URL');
  }
  if (url.origin !== value && `${url.origin}/` !== value) {
    throw new ConfigError('GATEWAYS: a gateway is an origin alone, like "https://gateway.example"');
  }
  if (local && LOOPBACK.has(url.hostname)) return url.origin;
  if (url.protocol !== 'https:') throw new ConfigError('GATEWAYS: a gateway is not https');
  if (LOOPBACK.has(url.hostname) || /^[\d.]+$/.test(url.hostname) || url.hostname.startsWith('[')) {
    throw new ConfigError('GATEWAYS: a gateway is an address, not a name');
  }
  return url.origin;
}

function credential(credentials: Readonly<Record<string, unknown>>, base: string): string | null {
  const value = credentials[base];
  if (value === null) return null;
  if (value === undefined)
    throw new ConfigError('RELAY_TOKENS: lacks a gateway (null says that it asks for none)');
  if (typeof value !== 'string' || !isCredential(value)) {
    throw new ConfigError('RELAY_TOKENS: a credential is not 16 to 512 token characters');
  }
  return value;
}

function object(vars: Vars, name: string): Readonly<Record<string, unknown>> {
  const text = vars[name];
  if (typeof text !== 'string' || text === '') throw new ConfigError(`${name} is missing`);
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch {
    // said below
  }
  throw new ConfigError(`${name} is not a JSON object`);
}

export function wholeNumber(
  value: unknown,
  name: string,
  fallback: number,
  min: number,
  max: number,
): number {
  if (value === undefined || value === '') return fallback;
  const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : Number.NaN;
  if (!(number >= min && number <= max))
    throw new ConfigError(`${name} is not a whole number from ${min} to ${max}`);
  return number;
}

import { checkRoot } from '@sotto/bundle';
import { CREDENTIAL_WANTED, isCredential } from '@sotto/http';
import { DAY, EMPTY, fromBase64url, type Bytes } from '@sotto/wire';
import { METADATA_SERVICE } from './service/metadata.ts';

/** Where a service is: a binding of the Worker, or a base URL that its paths are appended to. */
export type Target = { readonly binding: string } | UrlTarget;

export interface UrlTarget {
  readonly url: string;
  /** On Node: addresses and prefixes beside the internet's that the URL's name may lead to. */
  readonly private?: readonly string[];
}

/** Where the gateway runs. Only on Node does it look up names itself, and can tell a private address. */
type Place = 'workers' | 'node';

/** One row of the gateway's table. */
export interface ServiceRow {
  readonly name: string; // the inner authority
  readonly target: Target;
  /** The token that our clients redeem; null, said in so many words, for a service without one. */
  readonly token: { readonly type: number } | null;
  /** Whether the same request may be made twice. */
  readonly idempotent: boolean;
  readonly requestLength: number; // bytes of a padded request
  readonly responseLength: number; // bytes of every padded response
  readonly timeoutMs: number; // for the whole answer
}

export interface Config {
  readonly epochSeconds: number;
  readonly services: readonly ServiceRow[];
  readonly root: Bytes; // Ed25519 public key, 32 bytes
  readonly nextRoot: Bytes; // 32 bytes, or none
  /** Identity headers that the relay's egress is known to bear: names and their one value. */
  readonly relayEgress: ReadonlyMap<string, string>;
  readonly metadata: boolean;
  readonly relayToken: string;
  readonly operatorToken: string;
  readonly wrappingKey: Bytes; // 32 bytes
}

/** A variable or secret that is missing or wrong. The message names it, and never its value. */
export class ConfigError extends Error {
  constructor(variable: string, fault: string) {
    super(`${variable}: ${fault}`);
    this.name = 'ConfigError';
  }
}

const NAME = /^[a-z0-9](?:[a-z0-9.-]{0,61}[a-z0-9])?$/;
const LEAST_LENGTH = 512; // bytes: every problem fits
const MOST_LENGTH = 1 << 20; // bytes
const TIMEOUT = 5000; // ms
const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);
const OF_LOOPBACK = /^(?:127\.[0-9.]+(?:\/(?:[89]|[12][0-9]|3[0-2]))?|::1)$/;

/**
 * Reads the gateway's variables and secrets.
 *
 * @throws {ConfigError} for the first that is missing or wrong
 */
export function parseConfig(env: Readonly<Record<string, unknown>>, place: Place = 'workers'): Config {
  const text = (name: string): string | undefined => {
    const value = env[name];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const local = text('LOCAL') === 'true';
  return {
    epochSeconds: whole('EPOCH_SECONDS', Number(text('EPOCH_SECONDS') ?? DAY), 1, DAY * 31),
    services: parseServices(text('SERVICES'), { env, local, place }),
    root: parseRoot('ROOT', text('ROOT')),
    nextRoot: text('NEXT_ROOT') === undefined ? EMPTY : parseRoot('NEXT_ROOT', text('NEXT_ROOT')),
    relayEgress: parseEgress(text('RELAY_EGRESS')),
    metadata: text('METADATA') === 'true',
    relayToken: credential('RELAY_TOKEN', text('RELAY_TOKEN')),
    operatorToken: credential('OPERATOR_TOKEN', text('OPERATOR_TOKEN')),
    wrappingKey: key('KEY_WRAPPING_KEY', text('KEY_WRAPPING_KEY')),
  };
}

interface Surroundings {
  readonly env: Readonly<Record<string, unknown>>;
  readonly local: boolean;
  readonly place: Place;
}

function parseServices(json: string | undefined, around: Surroundings): ServiceRow[] {
  const rows = parseJson('SERVICES', json);
  if (!Array.isArray(rows) || rows.length === 0) throw new ConfigError('SERVICES', 'not a list of services');
  const services = rows.map((row: unknown, i) => parseService(row, `SERVICES[${i}]`, around));
  if (new Set(services.map(({ name }) => name)).size !== services.length) {
    throw new ConfigError('SERVICES', 'one name twice');
  }
  return services;
}

function parseService(value: unknown, at: string, around: Surroundings): ServiceRow {
  const row = members(at, value);
  const { name, idempotent } = row;
  if (typeof name !== 'string' || !NAME.test(name) || name === METADATA_SERVICE) {
    throw new ConfigError(at, 'no name that may stand in an authority');
  }
  if (typeof idempotent !== 'boolean') throw new ConfigError(at, 'does not say whether it is idempotent');
  const length = (member: string) => whole(`${at}.${member}`, row[member], LEAST_LENGTH, MOST_LENGTH);
  return {
    name,
    idempotent,
    target: parseTarget(`${at}.target`, row['target'], around),
    token: parseToken(`${at}.token`, row['token']),
    requestLength: length('requestLength'),
    responseLength: length('responseLength'),
    timeoutMs: whole(`${at}.timeoutMs`, row['timeoutMs'] ?? TIMEOUT, 1, 60_000),
  };
}

function parseTarget(at: string, value: unknown, { env, local, place }: Surroundings): Target {
  const { binding, url, private: listed } = members(at, value);
  if (typeof binding === 'string' && url === undefined) {
    if (typeof env[binding] !== 'object' || env[binding] === null)
      throw new ConfigError(at, 'no such binding');
    return { binding };
  }
  if (typeof url !== 'string' || binding !== undefined || !URL.canParse(url)) {
    throw new ConfigError(at, 'neither a binding nor a URL');
  }
  if (listed !== undefined && place !== 'node') throw new ConfigError(`${at}.private`, 'for Node alone');
  const own = listed === undefined ? [] : addresses(`${at}.private`, listed);
  const { protocol, hostname, origin, pathname, href } = new URL(url);
  const base = origin + pathname.replace(/\/$/, '');
  if (href.replace(/\/$/, '') !== base) throw new ConfigError(at, 'more than an origin and a path');
  if (protocol !== 'https:' && protocol !== 'http:') throw new ConfigError(at, 'not https');
  // In the clear on this machine alone.
  const isLocal = local && place === 'workers' && LOOPBACK.has(hostname);
  const isHere = own.length > 0 && own.every((address) => OF_LOOPBACK.test(address));
  if (protocol === 'http:' && !isLocal && !isHere) throw new ConfigError(at, 'not https');
  if (!isLocal && own.length === 0 && /^[0-9.]+$|^\[/.test(hostname)) {
    throw new ConfigError(at, 'an address instead of a name');
  }
  return listed === undefined ? { url: base } : { url: base, private: own };
}

/** Addresses and prefixes by their looks; what they are is for who looks names up. */
function addresses(at: string, value: unknown): string[] {
  const list: unknown[] = Array.isArray(value) ? value : [];
  const isList = list.every((one) => typeof one === 'string' && /^[0-9a-f.:]+(?:\/[0-9]{1,3})?$/i.test(one));
  if (list.length === 0 || !isList) throw new ConfigError(at, 'not a list of addresses');
  return list as string[];
}

function parseToken(at: string, value: unknown): { type: number } | null {
  if (value === 'none') return null;
  if (value === undefined) throw new ConfigError(at, 'no token policy: a type, or "none"');
  return { type: whole(`${at}.type`, members(at, value)['type'], 1, 0xffff) };
}

function parseEgress(json: string | undefined): ReadonlyMap<string, string> {
  if (json === undefined) return new Map();
  return new Map(
    Object.entries(members('RELAY_EGRESS', parseJson('RELAY_EGRESS', json))).map(([name, value]) => {
      if (typeof value !== 'string') throw new ConfigError('RELAY_EGRESS', 'a value is no text');
      return [name.toLowerCase(), value];
    }),
  );
}

function parseRoot(at: string, value: string | undefined): Bytes {
  try {
    const root = fromBase64url(value ?? '');
    checkRoot(root);
    return root;
  } catch {
    throw new ConfigError(at, 'not an Ed25519 public key in base64url');
  }
}

function key(at: string, value: string | undefined): Bytes {
  let bytes: Bytes = EMPTY;
  try {
    bytes = fromBase64url(value ?? '');
  } catch {
    // refused below
  }
  if (bytes.length !== 32 || bytes.every((byte) => byte === bytes[0])) {
    throw new ConfigError(at, 'not 32 random bytes in base64url');
  }
  return bytes;
}

export function credential(at: string, value: string | undefined): string {
  if (value === undefined || !isCredential(value)) throw new ConfigError(at, CREDENTIAL_WANTED);
  return value;
}

function whole(at: string, value: unknown, least: number, most: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
  throw new ConfigError(at, `not a whole number from ${least} to ${most}`);
}

function parseJson(at: string, text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    throw new ConfigError(at, 'missing, or not JSON');
  }
}

function members(at: string, value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ConfigError(at, 'not an object');
  }
  return value as Record<string, unknown>;
}

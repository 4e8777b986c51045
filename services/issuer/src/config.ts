import { CREDENTIAL_WANTED, isCredential } from '@sotto/http';
import { TOKEN_TYPES } from '@sotto/privacypass';
import { DAY, fromBase64url, HORIZON, type Bytes } from '@sotto/wire';

/** Says which variable is wrong and what it should be; never what it was. */
export class ConfigError extends Error {
  constructor(variable: string, wanted: string, options?: ErrorOptions) {
    super(`${variable}: ${wanted}`, options);
    this.name = 'ConfigError';
  }
}

export interface ServiceConfig {
  readonly name: string;
  readonly types: readonly number[]; // token types that are on, in order of preference
  readonly batch: readonly number[]; // the sizes of batch that are answered
  readonly quota: ReadonlyMap<string, number>; // tier → tokens an epoch; `default` is always there
  readonly ceiling: number; // evaluations a key
  readonly shards: number; // ledgers a key, for keys not yet made
}

export interface AttesterConfig {
  readonly issuer: string;
  readonly audience: string;
  readonly jwks: { readonly keys: readonly Readonly<Record<string, unknown>>[] } | { readonly url: string };
  readonly algorithms: readonly string[];
  readonly accountClaim: string;
  readonly tierClaim: string | null;
  readonly toleranceSeconds: number;
}

export interface Config {
  readonly epochSeconds: number;
  readonly issuerName: string;
  readonly issuerUrl: string; // without a slash at its end
  readonly services: readonly ServiceConfig[];
  readonly attesters: readonly AttesterConfig[];
  readonly accountKey: Bytes; // 32 bytes
  readonly wrappingKey: Bytes; // 32 bytes
  readonly operatorToken: string;
}

export type Variables = Readonly<Record<string, unknown>>;
type Json = Readonly<Record<string, unknown>>;

export const VARIABLES = [
  'EPOCH_SECONDS',
  'ISSUER_NAME',
  'ISSUER_URL',
  'SERVICES',
  'ATTESTERS',
  'ACCOUNT_KEY',
  'KEY_WRAPPING_KEY',
  'OPERATOR_TOKEN',
  'LOCAL',
] as const;

const TRUNCATED_IDS = 256;
// Previous, current, those ahead, and one that awaits its destruction.
const KEYS_A_PAIR = HORIZON + 3;
/** 2^35 queries take 17.5 of 126 bits from ristretto255 (RFC 9497 §7.2.3). */
const CEILING = 2 ** 35;
const SHARDS = 16;
const TOLERANCE = 60; // seconds
/** Signatures that are made with a private key; never HMAC, never `none`. */
const ALGORITHMS = ['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519', 'PS256', 'PS384', 'PS512', 'RS256'];

/** @throws {ConfigError} with a line that prints no value */
export function parseConfig(env: Variables): Config {
  const local = env['LOCAL'] === 'true';
  const epochSeconds =
    env['EPOCH_SECONDS'] === undefined ? DAY : whole(env['EPOCH_SECONDS'], 'EPOCH_SECONDS');
  const issuerName = text(env['ISSUER_NAME'], 'ISSUER_NAME');
  const services = parseServices(env['SERVICES']);
  const config = {
    epochSeconds,
    issuerName,
    issuerUrl: parseUrl(env['ISSUER_URL'] ?? `https://${issuerName}`, 'ISSUER_URL', local),
    services,
    attesters: parseAttesters(env['ATTESTERS'], local),
    accountKey: secret(env['ACCOUNT_KEY'], 'ACCOUNT_KEY'),
    wrappingKey: secret(env['KEY_WRAPPING_KEY'], 'KEY_WRAPPING_KEY'),
    operatorToken: credential(env['OPERATOR_TOKEN'], 'OPERATOR_TOKEN'),
  };
  const pairs = services.reduce((count, { types }) => count + types.length, 0);
  if (pairs * KEYS_A_PAIR > TRUNCATED_IDS) {
    throw new ConfigError('SERVICES', 'more services and types than truncated key ids can tell apart');
  }
  return config;
}

function parseServices(value: unknown): ServiceConfig[] {
  const services = list(value, 'SERVICES').map(parseService);
  if (services.length === 0) throw new ConfigError('SERVICES', 'one service or more is needed');
  unique(
    services.map(({ name }) => name),
    'SERVICES',
    'each name once',
  );
  return services;
}

function parseService(entry: Json): ServiceConfig {
  const name = text(entry['name'], 'SERVICES');
  if (!/^[a-z0-9]([a-z0-9.-]{0,62})$/.test(name))
    throw new ConfigError('SERVICES', 'a name is a lower-case label');
  const types = numbers(entry['types'] ?? [5], 'SERVICES');
  const known = types.every((type) => TOKEN_TYPES.get(type)?.suite);
  if (!known) throw new ConfigError('SERVICES', 'types are 1 and 5');
  const batch = numbers(entry['batch'], 'SERVICES');
  if (batch.some((size) => size < 1 || size > 500)) throw new ConfigError('SERVICES', 'a batch is 1 to 500');
  const quota = new Map(
    Object.entries(object(entry['quota'], 'SERVICES')).map(([tier, n]) => [tier, whole(n, 'SERVICES')]),
  );
  if (!quota.has('default')) throw new ConfigError('SERVICES', 'a quota for `default` is needed');
  const ceiling = whole(entry['ceiling'] ?? CEILING, 'SERVICES');
  const shards = whole(entry['shards'] ?? SHARDS, 'SERVICES');
  if (shards < 1 || shards > 256) throw new ConfigError('SERVICES', 'shards are 1 to 256');
  return { name, types, batch, quota, ceiling, shards };
}

function parseAttesters(value: unknown, local: boolean): AttesterConfig[] {
  const attesters = list(value, 'ATTESTERS').map((entry) => parseAttester(entry, local));
  if (attesters.length === 0) throw new ConfigError('ATTESTERS', 'one attester or more is needed');
  unique(
    attesters.map(({ issuer }) => issuer),
    'ATTESTERS',
    'each issuer once',
  );
  return attesters;
}

function parseAttester(entry: Json, local: boolean): AttesterConfig {
  const algorithms = entry['algorithms'] ?? ALGORITHMS;
  if (!Array.isArray(algorithms) || !algorithms.every((name) => ALGORITHMS.includes(name as string))) {
    throw new ConfigError('ATTESTERS', `algorithms are some of ${ALGORITHMS.join(' ')}`);
  }
  const url = entry['jwksUrl'];
  const keys = url === undefined ? object(entry['jwks'], 'ATTESTERS')['keys'] : [];
  if (!Array.isArray(keys)) throw new ConfigError('ATTESTERS', 'jwks is a JSON Web Key Set');
  for (const key of keys as Json[]) {
    if ('d' in key || 'k' in key) throw new ConfigError('ATTESTERS', 'jwks holds public keys only');
  }
  return {
    issuer: text(entry['issuer'], 'ATTESTERS'),
    audience: text(entry['audience'], 'ATTESTERS'),
    jwks: url === undefined ? { keys: keys as Json[] } : { url: parseUrl(url, 'ATTESTERS', local) },
    algorithms: algorithms as string[],
    accountClaim: text(entry['accountClaim'] ?? 'sub', 'ATTESTERS'),
    tierClaim: entry['tierClaim'] === undefined ? null : text(entry['tierClaim'], 'ATTESTERS'),
    toleranceSeconds: whole(entry['toleranceSeconds'] ?? TOLERANCE, 'ATTESTERS'),
  };
}

/** A secret of 32 bytes as base64url. One of fewer than eight different bytes is none. */
function secret(value: unknown, variable: string): Bytes {
  const wanted = '32 random bytes as base64url are needed';
  if (typeof value !== 'string') throw new ConfigError(variable, wanted);
  let bytes: Bytes;
  try {
    bytes = fromBase64url(value);
  } catch (error) {
    throw new ConfigError(variable, wanted, { cause: error });
  }
  if (bytes.length !== 32 || new Set(bytes).size < 8) throw new ConfigError(variable, wanted);
  return bytes;
}

export function credential(value: unknown, variable: string): string {
  if (typeof value !== 'string' || !isCredential(value)) throw new ConfigError(variable, CREDENTIAL_WANTED);
  return value;
}

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);

function parseUrl(value: unknown, variable: string, local: boolean): string {
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : null;
  const plain = local && url?.protocol === 'http:' && LOOPBACK.has(url.hostname);
  if (url === null || (url.protocol !== 'https:' && !plain) || url.username !== '' || url.hash !== '') {
    throw new ConfigError(variable, 'an https URL is needed');
  }
  if (!local && LOOPBACK.has(url.hostname))
    throw new ConfigError(variable, 'a loopback address is not public');
  return url.href.replace(/\/$/, '');
}

function list(value: unknown, variable: string): Json[] {
  const parsed = json(value, variable);
  if (!Array.isArray(parsed)) throw new ConfigError(variable, 'a JSON list is needed');
  return parsed.map((entry) => object(entry, variable));
}

function json(value: unknown, variable: string): unknown {
  if (typeof value !== 'string') throw new ConfigError(variable, 'JSON is needed');
  try {
    return JSON.parse(value) as unknown;
  } catch {
    throw new ConfigError(variable, 'JSON is needed'); // no cause: the parser quotes its input
  }
}

function object(value: unknown, variable: string): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ConfigError(variable, 'a JSON object is missing');
  }
  return value as Json;
}

function text(value: unknown, variable: string): string {
  if (typeof value !== 'string' || value === '') throw new ConfigError(variable, 'a text is missing');
  return value;
}

function whole(value: unknown, variable: string): number {
  const n = typeof value === 'string' && /^[0-9]{1,10}$/.test(value) ? Number(value) : value;
  if (!Number.isSafeInteger(n) || (n as number) < (variable === 'EPOCH_SECONDS' ? 1 : 0)) {
    throw new ConfigError(variable, 'a whole number is needed');
  }
  return n as number;
}

function numbers(value: unknown, variable: string): number[] {
  if (!Array.isArray(value) || value.length === 0)
    throw new ConfigError(variable, 'a list of numbers is missing');
  const all = value.map((n) => whole(n, variable));
  unique(all, variable, 'each number once');
  return all;
}

function unique(values: readonly unknown[], variable: string, wanted: string): void {
  if (new Set(values).size !== values.length) throw new ConfigError(variable, wanted);
}

import { DAY, fromBase64url, type Bytes } from '@sotto/wire';
import { ClientError } from './error.ts';
import { parseBaseUrl } from './http.ts';
import { pinPolicy, type PinnedPolicy } from './logged.ts';
import type { ClientOptions } from './platform.ts';
import { STICKERS } from './search.ts';

/** Client options with their defaults, after validation. */
export interface CheckedOptions {
  readonly relay: string;
  readonly issuer: string;
  /** URL of the relay's key bundle, in the form that has a proof if a policy wants one. */
  readonly bundleUrl: string;
  readonly mirrors: readonly string[];
  readonly agree: number;
  /** Pinned root keys, 32 bytes each. */
  readonly pins: readonly Bytes[];
  /** Null when bundles need no proof. */
  readonly policy: PinnedPolicy | null;
  readonly services: readonly string[];
  readonly epochSeconds: number;
  readonly restSeconds: number;
  readonly batches: number;
  readonly keyDelaySeconds: number;
}

/** @throws {ClientError} `config`; its message names the option */
export function checkOptions(options: ClientOptions): CheckedOptions {
  const { epochSeconds = DAY, restSeconds = 900, batches = 3, mirrors = { urls: [] } } = options;
  const relay = url(options.relay, 'relay');
  const policy = options.policy === undefined ? null : pinPolicy(options.policy);
  const bundleUrl = `${relay}/bundle${policy === null ? '' : '/2'}`;
  const urls = mirrors.urls.map((one) => url(one, 'mirrors.urls'));
  const { agree = urls.length + 1 } = mirrors;
  const { keyDelaySeconds = Math.min(60, epochSeconds / 4) } = options;
  count(epochSeconds, 'epochSeconds', Infinity);
  count(batches, 'batches', 100);
  count(agree, 'mirrors.agree', urls.length + 1);
  if (new Set([bundleUrl, ...urls]).size <= urls.length) fail('mirrors.urls', 'must differ from each other');
  seconds(restSeconds, 'restSeconds');
  seconds(keyDelaySeconds, 'keyDelaySeconds');
  return {
    relay,
    issuer: url(options.issuer, 'issuer'),
    bundleUrl,
    mirrors: urls,
    agree,
    pins: parseRoots(options.root),
    policy,
    services: options.services ?? [STICKERS],
    epochSeconds,
    restSeconds,
    batches,
    keyDelaySeconds,
  };
}

function parseRoots(root: ClientOptions['root']): Bytes[] {
  const roots = typeof root === 'string' || root instanceof Uint8Array ? [root] : root;
  const keys = Array.isArray(roots) ? roots.map(parseKey) : [];
  if (keys.length === 0) fail('root', 'must name at least one key');
  return keys;
}

function parseKey(key: string | Bytes): Bytes {
  const bytes = typeof key === 'string' ? decodeBase64url(key) : key;
  return bytes?.length === 32
    ? bytes
    : fail('root', 'must be an Ed25519 public key: 32 bytes, or their base64url');
}

function decodeBase64url(text: string): Bytes | null {
  try {
    return fromBase64url(text);
  } catch {
    return null;
  }
}

function url(text: string, option: string): string {
  const parsed = typeof text === 'string' ? parseBaseUrl(text) : null;
  return parsed ?? fail(option, 'must be an https URL, or an http URL of a loopback address');
}

function count(value: number, option: string, most: number): void {
  if (!Number.isInteger(value) || value < 1 || value > most) {
    fail(
      option,
      most === Infinity ? 'must be a whole number of at least 1' : `must be a whole number from 1 to ${most}`,
    );
  }
}

function seconds(value: number, option: string): void {
  if (!(value >= 0)) fail(option, 'must be a number of seconds, at least 0');
}

/** The value is not quoted: it could be a secret in the wrong place. */
function fail(option: string, rule: string): never {
  throw new ClientError('config', { detail: `Option ${option} ${rule}.` });
}

import { DAY, fromBase64url, type Bytes } from '@sotto/wire';
import { ClientError } from './error.ts';
import { parseBaseUrl } from './http.ts';
import type { ClientOptions } from './platform.ts';
import { STICKERS } from './search.ts';

/** Client options with their defaults, after validation. */
export interface CheckedOptions {
  readonly relay: string;
  readonly issuer: string;
  /** URLs of the key bundle: the relay's, then mirrors. */
  readonly bundleUrls: readonly string[];
  readonly agree: number;
  /** Pinned root keys, 32 bytes each. */
  readonly pins: readonly Bytes[];
  readonly services: readonly string[];
  readonly epochSeconds: number;
  readonly restSeconds: number;
  readonly batches: number;
  readonly keyDelaySeconds: number;
}

/** @throws {ClientError} `config` */
export function checkOptions(options: ClientOptions): CheckedOptions {
  const { epochSeconds = DAY, restSeconds = 900, batches = 3, mirrors = { urls: [] } } = options;
  const relay = required(parseBaseUrl(options.relay));
  const bundleUrls = [`${relay}/bundle`, ...mirrors.urls.map((url) => required(parseBaseUrl(url)))];
  const agree = mirrors.agree ?? bundleUrls.length;
  const { keyDelaySeconds = Math.min(60, epochSeconds / 4) } = options;
  const counts = [epochSeconds, batches, agree];
  if (!counts.every((n) => Number.isInteger(n) && n > 0) || agree > bundleUrls.length || batches > 100) {
    throw new ClientError('config');
  }
  if (!(restSeconds >= 0) || !(keyDelaySeconds >= 0)) throw new ClientError('config');
  return {
    relay,
    issuer: required(parseBaseUrl(options.issuer)),
    bundleUrls,
    agree,
    pins: parseRoots(options.root),
    services: options.services ?? [STICKERS],
    epochSeconds,
    restSeconds,
    batches,
    keyDelaySeconds,
  };
}

function parseRoots(root: ClientOptions['root']): Bytes[] {
  const roots = typeof root === 'string' || root instanceof Uint8Array ? [root] : root;
  if (roots.length === 0) throw new ClientError('config');
  return roots.map((one) => {
    const bytes = typeof one === 'string' ? parseKey(one) : one;
    if (bytes.length !== 32) throw new ClientError('config');
    return bytes;
  });
}

function parseKey(text: string): Bytes {
  try {
    return fromBase64url(text);
  } catch {
    throw new ClientError('config');
  }
}

function required<T>(value: T | null): T {
  if (value === null) throw new ClientError('config');
  return value;
}

import { DAY, fromBase64url, type Bytes } from '@sotto/wire';
import { ClientError } from './error.ts';
import { baseUrl } from './http.ts';
import type { ClientOptions } from './platform.ts';
import { STICKERS } from './search.ts';

/** What a client works with, once its options were found to make sense. */
export interface CheckedOptions {
  readonly relay: string;
  readonly issuer: string;
  readonly places: readonly string[];
  readonly agree: number;
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
  const relay = needed(baseUrl(options.relay));
  const places = [`${relay}/bundle`, ...mirrors.urls.map((url) => needed(baseUrl(url)))];
  const agree = mirrors.agree ?? places.length;
  const { keyDelaySeconds = Math.min(60, epochSeconds / 4) } = options;
  const counts = [epochSeconds, batches, agree];
  if (!counts.every((n) => Number.isInteger(n) && n > 0) || agree > places.length || batches > 100) {
    throw new ClientError('config');
  }
  if (!(restSeconds >= 0) || !(keyDelaySeconds >= 0)) throw new ClientError('config');
  return {
    relay,
    issuer: needed(baseUrl(options.issuer)),
    places,
    agree,
    pins: pinned(options.root),
    services: options.services ?? [STICKERS],
    epochSeconds,
    restSeconds,
    batches,
    keyDelaySeconds,
  };
}

function pinned(root: ClientOptions['root']): Bytes[] {
  const roots = typeof root === 'string' || root instanceof Uint8Array ? [root] : root;
  if (roots.length === 0) throw new ClientError('config');
  return roots.map((one) => {
    const bytes = typeof one === 'string' ? keyOf(one) : one;
    if (bytes.length !== 32) throw new ClientError('config');
    return bytes;
  });
}

function keyOf(text: string): Bytes {
  try {
    return fromBase64url(text);
  } catch {
    throw new ClientError('config');
  }
}

function needed<T>(value: T | null): T {
  if (value === null) throw new ClientError('config');
  return value;
}

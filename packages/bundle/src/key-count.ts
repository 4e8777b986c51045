import { fromUtf8, Reader, type Bytes } from '@sotto/wire';
import { BundleError } from './error.ts';

/** Live keys of one kind: those of two epochs. More keys could be used to distinguish users (privacy L7). */
const MOST = 2;

/**
 * Checks the number of keys in the bundle (specs/bundle.md, "What a client accepts"): at most two of one KEM, at most
 * two of one service and token type, and no repeated pair of key id and KEM.
 *
 * @throws {BundleError} `too-many-keys`, or `malformed-keys`
 */
export function checkKeyCounts(keyConfigs: Bytes, directory: Bytes): void {
  const ids = ohttpKeys(keyConfigs);
  if (new Set(ids.map(({ keyId, kemId }) => `${keyId}/${kemId}`)).size !== ids.length) {
    throw new BundleError('malformed-keys', 'two keys have the same key id and KEM');
  }
  atMostTwo(ids.map(({ kemId }) => `KEM ${kemId}`));
  atMostTwo(issuerKeys(directory));
}

/** The (key id, KEM) pairs of an `application/ohttp-keys` body (RFC 9458 §3.1, §3.2). */
export function ohttpKeys(keyConfigs: Bytes): { keyId: number; kemId: number }[] {
  const r = new Reader(keyConfigs);
  const keys = [];
  while (r.remaining > 0) {
    const config = r.vector(2, 'key_config');
    keys.push({ keyId: config.uint(1, 'key_id'), kemId: config.uint(2, 'kem_id') });
  }
  return keys;
}

function issuerKeys(directory: Bytes): string[] {
  const malformed = new BundleError('malformed-keys', 'the directory is not an issuer directory');
  let parsed: unknown;
  try {
    parsed = JSON.parse(fromUtf8(directory));
  } catch {
    throw malformed;
  }
  const keys = isObject(parsed) ? parsed['token-keys'] : null;
  if (!Array.isArray(keys)) throw malformed;
  return keys.map((key: unknown) => {
    if (!isObject(key)) throw malformed;
    const { 'token-type': type, service = '' } = key;
    if (!Number.isInteger(type) || typeof service !== 'string') throw malformed;
    return JSON.stringify([service, type]);
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function atMostTwo(kinds: readonly string[]): void {
  const counts = new Map<string, number>();
  for (const kind of kinds) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  for (const count of counts.values()) {
    if (count > MOST)
      throw new BundleError('too-many-keys', `${count} keys of one kind, at most ${MOST} are allowed`);
  }
}

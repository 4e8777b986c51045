import { collect } from '@sotto/http';
import { fromUtf8, type UnixSeconds } from '@sotto/wire';
import { createLocalJWKSet, errors, type JWTVerifyGetKey } from 'jose';
import { Refusal } from '../refusal.ts';
import type { AttesterConfig } from './attester-config.ts';
import { keySetProblem, type PublicJwk } from './key-set.ts';

const MAX_BYTES = 64 * 1024;
const MAX_KEYS = 64;
const FETCH_MS = 3000;
const FRESH_SECONDS = 600;
const COOLDOWN_SECONDS = 30; // between two fetches for a key that is not in the set
const MAX_FETCHES = 32; // in FETCH_MS, because a request that causes one is not authenticated yet
const MAX_AGE_SECONDS = 86_400; // that a set serves while its address fails

export interface JwksDeps {
  readonly fetch: typeof fetch;
  readonly now: () => UnixSeconds;
}

/** The keys of an attester. */
export interface AttesterKeys {
  /** Finds the key of a token. */
  readonly get: JWTVerifyGetKey;
  /** The current problem with the keys and its remedy; null without a problem. */
  readonly check: () => Promise<string | null>;
}

/** Why an address does not give a key set; the message completes "the address …". */
class JwksError extends Error {
  override readonly name = 'JwksError';
}

/** Keys from the configuration, or from an address: cached for ten minutes, and fetched again for an unknown key. */
export function attesterKeys(
  { jwks, algorithms }: Pick<AttesterConfig, 'jwks' | 'algorithms'>,
  deps: JwksDeps,
): AttesterKeys {
  if ('url' in jwks) return new RemoteKeys(jwks.url, algorithms, deps);
  const get = createLocalJWKSet({ keys: [...jwks.keys] });
  return { get, check: async () => null };
}

class RemoteKeys implements AttesterKeys {
  readonly #url: string;
  readonly #algorithms: readonly string[];
  readonly #deps: JwksDeps;
  #keys: { readonly set: JWTVerifyGetKey; fetchedAt: UnixSeconds } | undefined;
  #triedAt: UnixSeconds = 0;
  #fetches: UnixSeconds[] = []; // when each of the last few began

  constructor(url: string, algorithms: readonly string[], deps: JwksDeps) {
    this.#url = url;
    this.#algorithms = algorithms;
    this.#deps = deps;
  }

  readonly get: JWTVerifyGetKey = async (header, token) => {
    const now = this.#now();
    const age = now - (this.#keys?.fetchedAt ?? -Infinity);
    const isTooOld = age >= MAX_AGE_SECONDS;
    if (age >= FRESH_SECONDS && (isTooOld || now - this.#triedAt >= COOLDOWN_SECONDS)) {
      await this.#refresh(!isTooOld);
    }
    try {
      return await this.#set()(header, token);
    } catch (error) {
      const mayBeNew = error instanceof errors.JWKSNoMatchingKey && now - this.#triedAt >= COOLDOWN_SECONDS;
      if (!mayBeNew) throw error;
      await this.#refresh(true);
      return this.#set()(header, token);
    }
  };

  readonly check = async (): Promise<string | null> => {
    try {
      const keys = await fetchKeys(this.#url, this.#deps.fetch);
      return keySetProblem(keys, this.#algorithms);
    } catch (error) {
      return error instanceof JwksError ? error.message : 'cannot be fetched. Check its name and the network';
    }
  };

  /**
   * The time now. If the clock was set back, the set counts as too old, so that its age is never negative.
   */
  #now(): UnixSeconds {
    const now = this.#deps.now();
    if (now < this.#triedAt || now < (this.#keys?.fetchedAt ?? 0)) {
      this.#triedAt = now - COOLDOWN_SECONDS;
      if (this.#keys !== undefined) this.#keys.fetchedAt = now - FRESH_SECONDS;
    }
    return now;
  }

  #set(): JWTVerifyGetKey {
    if (this.#keys === undefined) throw unavailable();
    return this.#keys.set;
  }

  /** @param mayKeep - whether the cached keys still serve when the fetch fails */
  async #refresh(mayKeep: boolean): Promise<void> {
    const now = this.#deps.now();
    this.#fetches = this.#fetches.filter((at) => Math.abs(now - at) < FETCH_MS / 1000);
    if (this.#fetches.length >= MAX_FETCHES) {
      if (mayKeep) return;
      throw unavailable();
    }
    this.#fetches.push(now);
    this.#triedAt = now;
    try {
      const keys = await fetchKeys(this.#url, this.#deps.fetch);
      this.#keys = { set: createLocalJWKSet({ keys: [...keys] }), fetchedAt: now };
    } catch (error) {
      if (!mayKeep) throw unavailable(error);
    }
  }
}

/** The attester's keys cannot be fetched, which says nothing about the credential. */
function unavailable(cause?: unknown): Refusal {
  return new Refusal('unavailable', 'store', { cause, retryAfter: '2' });
}

/** Follows no redirect, and accepts 64 KiB within three seconds. @throws {JwksError} */
async function fetchKeys(url: string, request: JwksDeps['fetch']): Promise<readonly PublicJwk[]> {
  const deadline = AbortSignal.timeout(FETCH_MS);
  const headers = { accept: 'application/json' };
  const response = await request(url, { headers, redirect: 'manual', signal: deadline });
  const { status, body } = response;
  if (status >= 300 && status < 400) throw new JwksError(`redirects (${status}). Set the final address`);
  if (status !== 200 || body === null) {
    body?.cancel().catch(() => {});
    throw new JwksError(`responds with ${status} instead of 200. Check the path, its final slash included`);
  }
  const keys = keysOf(await readJson(body, deadline));
  if (keys === null) throw new JwksError('does not respond with a JSON Web Key Set: an object with `keys`');
  if (keys.length > MAX_KEYS) throw new JwksError(`responds with ${keys.length} keys, more than ${MAX_KEYS}`);
  return keys;
}

async function readJson(body: ReadableStream<Uint8Array>, deadline: AbortSignal): Promise<unknown> {
  const bytes = await collect(body, MAX_BYTES, deadline).catch((cause: unknown) => {
    throw new JwksError(`does not respond completely within ${FETCH_MS} ms and ${MAX_BYTES} bytes`, {
      cause,
    });
  });
  try {
    return JSON.parse(fromUtf8(bytes));
  } catch {
    return null;
  }
}

function keysOf(value: unknown): readonly PublicJwk[] | null {
  const { keys } = (value ?? {}) as { keys?: unknown };
  const isSet = Array.isArray(keys) && keys.every((key) => typeof key === 'object' && key !== null);
  return isSet ? (keys as PublicJwk[]) : null;
}

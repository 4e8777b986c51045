import { collect } from '@sotto/http';
import { fromUtf8, type UnixSeconds } from '@sotto/wire';
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import type { JwksSource } from './attester-config.ts';
import { Refusal } from '../refusal.ts';

const MAX_BYTES = 64 * 1024;
const MAX_KEYS = 64;
const DEADLINE = 3000; // milliseconds
const FRESH = 600; // seconds
const COOLDOWN = 30; // seconds between two fetches for keys that we do not know
const AT_ONCE = 32; // requests for keys in any three seconds: whoever asks has shown nothing yet
const STALE = 86_400; // seconds that keys serve while their address fails

export interface JwksDeps {
  readonly fetch: typeof fetch;
  readonly now: () => UnixSeconds;
}

/** The keys of an attester: inline, or fetched, kept for ten minutes and asked for again when one is unknown. */
export function attesterKeys(jwks: JwksSource, deps: JwksDeps): JWTVerifyGetKey {
  return 'url' in jwks ? new RemoteKeys(jwks.url, deps).get : createLocalJWKSet(jwks as JSONWebKeySet);
}

class RemoteKeys {
  readonly #url: string;
  readonly #deps: JwksDeps;
  #keys: { set: JWTVerifyGetKey; at: UnixSeconds } | undefined;
  #asked = 0;
  #requests: UnixSeconds[] = []; // when each of the last few was made

  constructor(url: string, deps: JwksDeps) {
    this.#url = url;
    this.#deps = deps;
  }

  readonly get: JWTVerifyGetKey = async (header, token) => {
    const now = this.#deps.now();
    const age = now - (this.#keys?.at ?? -Infinity);
    if (age >= FRESH && (age >= STALE || now - this.#asked >= COOLDOWN)) await this.#refresh(age < STALE);
    try {
      return await this.#set()(header, token);
    } catch (error) {
      const rotated = error instanceof errors.JWKSNoMatchingKey && now - this.#asked >= COOLDOWN;
      if (!rotated) throw error;
      await this.#refresh(true);
      return this.#set()(header, token);
    }
  };

  #set(): JWTVerifyGetKey {
    if (this.#keys === undefined) throw unavailable();
    return this.#keys.set;
  }

  /** @param keep - whether the keys that we have still serve when the address fails */
  async #refresh(keep: boolean): Promise<void> {
    const now = this.#deps.now();
    this.#requests = this.#requests.filter((at) => Math.abs(now - at) < DEADLINE / 1000);
    if (this.#requests.length >= AT_ONCE) {
      if (keep) return;
      throw unavailable();
    }
    this.#requests.push(now);
    this.#asked = now;
    try {
      const set = await fetchKeys(this.#url, this.#deps.fetch);
      this.#keys = { set, at: now };
    } catch (error) {
      if (!keep) throw unavailable(error);
    }
  }
}

/** The attester's keys cannot be had: that is nobody's bad credential. */
function unavailable(cause?: unknown): Refusal {
  return new Refusal('unavailable', 'store', { cause, retryAfter: '2' });
}

/** Follows no redirect, takes 64 KiB and three seconds at most. */
async function fetchKeys(url: string, request: JwksDeps['fetch']): Promise<JWTVerifyGetKey> {
  const deadline = AbortSignal.timeout(DEADLINE);
  const headers = { accept: 'application/json' };
  const response = await request(url, { headers, redirect: 'manual', signal: deadline });
  if (response.status !== 200 || response.body === null) throw unavailable();
  const body = JSON.parse(fromUtf8(await collect(response.body, MAX_BYTES, deadline))) as JSONWebKeySet;
  if (!Array.isArray(body.keys) || body.keys.length > MAX_KEYS) throw unavailable();
  return createLocalJWKSet(body);
}

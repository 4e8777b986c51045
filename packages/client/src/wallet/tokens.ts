import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { acceptedUntil, base64url, equalBytes, type Bytes, type Random, type UnixSeconds } from '@sotto/wire';
import { ClientError } from '../error.ts';
import { randomBelow } from '../platform.ts';
import type { PendingToken, StoredToken, WalletState } from './state.ts';

/** The first try and two retries, as the issuer's ledger allows (specs/decisions/0006). */
export const MAX_TRIES = 3;

/** What decides whether a token is still valid, and whether it has rested. */
export interface TokenRules {
  readonly now: UnixSeconds;
  readonly epochSeconds: number;
  readonly restSeconds: number;
}

/** Tokens are valid in their epoch and the next one, less a margin because the gateway checks a little later. */
const isLive = ({ epoch }: StoredToken, { now, epochSeconds }: TokenRules): boolean =>
  now < acceptedUntil(epoch, epochSeconds) - Math.min(30, epochSeconds / 10);

/** Drops expired tokens. A token that seems to be issued in the future, by a clock that was ahead, rests from now. */
export function dropExpired(state: WalletState, rules: TokenRules): void {
  const { now } = rules;
  state.tokens = state.tokens
    .filter((token) => isLive(token, rules))
    .map((token) => (token.issuedAt > now ? { ...token, issuedAt: now } : token));
  state.pending = state.pending.filter((token) => isLive(token, rules));
}

/** A token that was taken; or the time until which all tokens rest; or that there is none. */
export type TakeResult =
  | { readonly token: PendingToken }
  | { readonly restingUntil: UnixSeconds }
  | { readonly none: true };

/**
 * Moves one rested token, chosen at random, from the pool to the row of its request. This happens before anything is
 * sent, so that no other tab and no later page can use the token for another request.
 */
export function takeToken(
  state: WalletState,
  service: string,
  rules: TokenRules,
  request: { readonly fingerprintOf: (token: Bytes) => Bytes; readonly random: Random },
): TakeResult {
  dropExpired(state, rules);
  const candidates = state.tokens.filter((token) => token.service === service);
  if (candidates.length === 0) return { none: true };
  const rested = candidates.filter(({ issuedAt }) => issuedAt + rules.restSeconds <= rules.now);
  const chosen = rested[rested.length === 0 ? 0 : randomBelow(rested.length, request.random)];
  if (chosen === undefined) {
    return { restingUntil: Math.min(...candidates.map(({ issuedAt }) => issuedAt + rules.restSeconds)) };
  }
  state.tokens = state.tokens.filter((token) => token !== chosen);
  const id = base64url(request.random(16));
  const pending = { ...chosen, id, fingerprint: request.fingerprintOf(chosen.token), tries: 1 };
  state.pending.push(pending);
  return { token: { ...pending } };
}

/**
 * Takes the same token again, for the same request.
 *
 * @throws {ClientError} `attempt-over` if the id is unknown or settled, all tries are used up, or the request differs
 */
export function retakeToken(
  state: WalletState,
  id: string,
  rules: TokenRules,
  fingerprintOf: (token: Bytes) => Bytes,
): PendingToken {
  dropExpired(state, rules);
  const pending = state.pending.find((token) => token.id === id);
  if (pending === undefined || pending.tries >= MAX_TRIES) throw new ClientError('attempt-over');
  if (!equalBytes(pending.fingerprint, fingerprintOf(pending.token))) throw new ClientError('attempt-over');
  pending.tries++;
  return { ...pending };
}

/** Ends an attempt and forgets its token. */
export function settle(state: WalletState, id: string): void {
  state.pending = state.pending.filter((token) => token.id !== id);
}

/** Ties a request to its token without storing its text: 16 bytes of HMAC-SHA256 under the token. */
export function requestFingerprint(token: Bytes, request: Bytes): Bytes {
  return hmac(sha256, token, request).slice(0, 16);
}

import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import {
  acceptedUntil,
  base64url,
  equalBytes,
  fromBase64url,
  graceSeconds,
  type Bytes,
  type Random,
  type UnixSeconds,
} from '@sotto/wire';
import { decodeToken } from '@sotto/privacypass';
import { ClientError } from '../error.ts';
import { randomBelow } from '../platform.ts';
import type { PendingToken, StoredToken, WalletState } from './state.ts';

/** The first try and two retries, as the issuer's ledger allows (specs/decisions/0006). */
export const MAX_TRIES = 3;

/** The rules that decide whether a token is still valid and whether it has rested. */
export interface TokenRules {
  readonly now: UnixSeconds;
  readonly epochSeconds: number;
  readonly restSeconds: number;
}

/** A token that was taken for one request. */
export interface TakenToken {
  /** The id of the attempt: 22 random characters, known to the caller only. */
  readonly id: string;
  readonly tries: number;
  /** Encoded (RFC 9577 §2.2). */
  readonly token: Bytes;
}

/** Tokens are accepted in their epoch and the next one. The margin is there because the gateway checks a little later. */
const isLive = ({ epoch }: StoredToken, { now, epochSeconds }: TokenRules): boolean =>
  now < acceptedUntil(epoch, epochSeconds) - Math.min(30, epochSeconds / 10);

/** Whether the epoch of a token has begun. It has not if the clock was ahead when the token was issued. */
const hasBegun = ({ epoch }: StoredToken, { now, epochSeconds }: TokenRules): boolean =>
  epoch <= now + graceSeconds(epochSeconds);

/** Drops expired tokens. A token that seems to be issued in the future, by a clock that was ahead, rests from now. */
export function dropExpired(state: WalletState, rules: TokenRules): void {
  const { now } = rules;
  state.tokens = state.tokens
    .filter((token) => isLive(token, rules))
    .map((token) => (token.issuedAt > now ? { ...token, issuedAt: now } : token));
  state.pending = state.pending.filter((token) => isLive(token, rules));
}

/**
 * The tokens of a service that a request could take now, if they have rested. Everything that counts tokens counts these:
 * what is due must agree with what can be used.
 */
export const usableTokens = (
  { tokens }: Pick<WalletState, 'tokens'>,
  service: string,
  rules: TokenRules,
): readonly StoredToken[] =>
  tokens.filter((token) => token.service === service && isLive(token, rules) && hasBegun(token, rules));

/** Whether a token has rested. One that seems to be issued in the future, by a clock that was ahead, has not. */
const hasRested = ({ issuedAt }: StoredToken, { now, restSeconds }: TokenRules): boolean =>
  issuedAt + restSeconds <= now;

/** The usable tokens of a service that have rested. */
export const restedTokens = (
  state: Pick<WalletState, 'tokens'>,
  service: string,
  rules: TokenRules,
): readonly StoredToken[] => usableTokens(state, service, rules).filter((token) => hasRested(token, rules));

/** The result of taking a token: the token, the time until which all tokens rest, or that there is none. */
export type TakeResult =
  | { readonly token: TakenToken }
  | { readonly restingUntil: UnixSeconds }
  | { readonly none: true };

/**
 * Moves one rested token, chosen at random, from the pool to the row of its request. This happens before anything is
 * sent, so that no other tab and no later page can use the token for another request.
 *
 * @param request.identity - the same for equal requests
 */
export function takeToken(
  state: WalletState,
  service: string,
  rules: TokenRules,
  request: { readonly identity: Bytes; readonly random: Random },
): TakeResult {
  dropExpired(state, rules);
  const candidates = usableTokens(state, service, rules);
  if (candidates.length === 0) return { none: true };
  const rested = candidates.filter((token) => hasRested(token, rules));
  const chosen = rested[rested.length === 0 ? 0 : randomBelow(rested.length, request.random)];
  if (chosen === undefined) {
    return { restingUntil: Math.min(...candidates.map(({ issuedAt }) => issuedAt + rules.restSeconds)) };
  }
  state.tokens = state.tokens.filter((token) => token !== chosen);
  const id = base64url(request.random(16));
  const fingerprint = requestFingerprint(id, request.identity);
  state.pending.push({ ...chosen, ref: attemptRef(id), fingerprint, tries: 1 });
  return { token: { id, tries: 1, token: chosen.token } };
}

/**
 * Takes the same token again, for the same request.
 *
 * @throws {ClientError} `attempt-over` if the id is unknown or settled, all tries are used up, or the request differs
 */
export function retakeToken(state: WalletState, id: string, rules: TokenRules, identity: Bytes): TakenToken {
  dropExpired(state, rules);
  const pending = findPending(state, id);
  if (pending === undefined || pending.tries >= MAX_TRIES) throw new ClientError('attempt-over');
  if (!equalBytes(pending.fingerprint, requestFingerprint(id, identity)))
    throw new ClientError('attempt-over');
  pending.tries++;
  return { id, tries: pending.tries, token: pending.token };
}

/** Ends an attempt and forgets its token. */
export function settle(state: WalletState, id: string): void {
  const pending = findPending(state, id);
  state.pending = state.pending.filter((token) => token !== pending);
}

/** Ends an attempt whose token was never sent, and returns the token to the pool. */
export function putBack(state: WalletState, id: string): void {
  const pending = findPending(state, id);
  if (pending === undefined) return;
  settle(state, id);
  const { service, epoch, issuedAt, token } = pending;
  state.tokens.push({ service, epoch, issuedAt, token });
}

/** Drops every token of the same key as this one, because the gateway does not accept the key. */
export function dropKey(state: WalletState, token: Bytes): void {
  const { tokenKeyId } = decodeToken(token);
  const other = (one: StoredToken): boolean => !equalBytes(decodeToken(one.token).tokenKeyId, tokenKeyId);
  state.tokens = state.tokens.filter(other);
  state.pending = state.pending.filter(other);
}

function findPending(state: WalletState, id: string): PendingToken | undefined {
  const ref = attemptRef(id);
  return state.pending.find((token) => equalBytes(token.ref, ref));
}

/** Finds the row of an attempt without storing its id. */
const attemptRef = (id: string): Bytes => sha256(idBytes(id)).slice(0, 16);

/**
 * Ties a request to its attempt without storing its text: 16 bytes of HMAC-SHA256 under the attempt's id. The wallet
 * does not contain the id, so that nobody who reads it can try out queries.
 */
const requestFingerprint = (id: string, identity: Bytes): Bytes =>
  hmac(sha256, idBytes(id), identity).slice(0, 16);

function idBytes(id: string): Bytes {
  try {
    return fromBase64url(id);
  } catch {
    throw new ClientError('attempt-over');
  }
}

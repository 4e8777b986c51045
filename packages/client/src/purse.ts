import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { acceptedUntil, base64url, equalBytes, type Bytes, type Random, type UnixSeconds } from '@sotto/wire';
import { ClientError } from './error.ts';
import { below } from './platform.ts';
import type { PendingToken, StoredToken, WalletState } from './wallet/state.ts';

/** One answer and two more, as the ledger has it (specs/decisions/0006). */
export const MAX_TRIES = 3;

/** What decides whether a token is still good, and whether it has rested. */
export interface PurseView {
  readonly now: UnixSeconds;
  readonly epochSeconds: number;
  readonly restSeconds: number;
}

/** Tokens of an epoch are good in it and in the next (the gateway may look a little later than we do). */
const isLive = ({ epoch }: StoredToken, { now, epochSeconds }: PurseView): boolean =>
  now < acceptedUntil(epoch, epochSeconds) - Math.min(30, epochSeconds / 10);

/** Drops what has expired. What a clock that was ahead drew in the future rests from now. */
export function dropExpired(state: WalletState, view: PurseView): void {
  const { now } = view;
  state.tokens = state.tokens
    .filter((token) => isLive(token, view))
    .map((token) => (token.drawnAt > now ? { ...token, drawnAt: now } : token));
  state.pending = state.pending.filter((token) => isLive(token, view));
}

/** A token taken out, or why there is none: all of them rest until a time, or there are none. */
export type Taken =
  | { readonly token: PendingToken }
  | { readonly restingUntil: UnixSeconds }
  | { readonly none: true };

/**
 * Takes one rested token, drawn at random, out of the pool and into the row of its request, before anything is sent:
 * no other tab and no later page can spend it on something else.
 */
export function takeToken(
  state: WalletState,
  service: string,
  view: PurseView,
  request: { readonly markOf: (token: Bytes) => Bytes; readonly random: Random },
): Taken {
  dropExpired(state, view);
  const mine = state.tokens.filter((token) => token.service === service);
  const rested = mine.filter(({ drawnAt }) => drawnAt + view.restSeconds <= view.now);
  if (mine.length === 0) return { none: true };
  const chosen = rested[rested.length === 0 ? 0 : below(rested.length, request.random)];
  if (chosen === undefined) {
    return { restingUntil: Math.min(...mine.map(({ drawnAt }) => drawnAt + view.restSeconds)) };
  }
  state.tokens = state.tokens.filter((token) => token !== chosen);
  const id = base64url(request.random(16));
  const pending = { ...chosen, id, mark: request.markOf(chosen.token), tries: 1 };
  state.pending.push(pending);
  return { token: { ...pending } };
}

/**
 * The same token again, for the same request alone.
 *
 * @throws {ClientError} `attempt-over` when it is unknown, settled, used up, or another request's
 */
export function retakeToken(
  state: WalletState,
  id: string,
  view: PurseView,
  markOf: (token: Bytes) => Bytes,
): PendingToken {
  dropExpired(state, view);
  const pending = state.pending.find((token) => token.id === id);
  if (pending === undefined || pending.tries >= MAX_TRIES) throw new ClientError('attempt-over');
  if (!equalBytes(pending.mark, markOf(pending.token))) throw new ClientError('attempt-over');
  pending.tries++;
  return { ...pending };
}

/** The attempt is over: its token is forgotten. */
export function settle(state: WalletState, id: string): void {
  state.pending = state.pending.filter((token) => token.id !== id);
}

/** Ties a request to its token without keeping a word of it: 16 bytes of HMAC-SHA256 under the token. */
export function requestMark(token: Bytes, request: Bytes): Bytes {
  return hmac(sha256, token, request).slice(0, 16);
}

import { epochStartAt, equalBytes, type Bytes, type UnixSeconds } from '@sotto/wire';
import type { ActiveBundle, BundleCache } from './bundle-cache.ts';
import { lockWithin } from './deadline.ts';
import { ClientError, clientError } from './error.ts';
import { BatchPendingError, blindBatch, requestTokens, type IssuanceDeps } from './issuance.ts';
import type { ClientPlatform, Lock } from './platform.ts';
import { retryTime, scheduleFor } from './schedule.ts';
import type { Schedule, StoredBatch, WalletState } from './wallet/state.ts';
import {
  dropExpired,
  dropKey,
  putBack,
  retakeToken,
  settle,
  takeToken,
  type TakenToken,
  type TakeResult,
  type TokenRules,
} from './wallet/tokens.ts';

const LOCK_SECONDS = 60; // to wait for another tab or process that refills
const IN_FLIGHT_SECONDS = 60; // after which a batch that was sent by a page that was closed is sent again

/** What token management needs. */
export interface TokenManagerDeps extends IssuanceDeps, Pick<ClientPlatform, 'wallet'> {
  readonly bundles: BundleCache;
  readonly lock: Lock;
  readonly restSeconds: number;
  readonly batches: number;
}

/** The wallet's tokens: refilled by schedule, taken one at a time. */
export class TokenManager {
  readonly #deps: TokenManagerDeps;

  constructor(deps: TokenManagerDeps) {
    this.#deps = deps;
  }

  /**
   * Takes a token for one request. The change is durable before the promise resolves.
   *
   * If the wallet is empty, only the batches that are due by schedule are requested, as in its first epoch. With
   * `allowFresh` one more batch is requested, and the token need not have rested: the user consents to an issuance
   * that reveals when it was needed.
   *
   * @param identity - what two equal requests have in common
   * @throws {ClientError} `tokens-resting` or `no-tokens`, with the time when that ends; or what a refill throws
   */
  async take(service: string, identity: Bytes, allowFresh: boolean): Promise<TakenToken> {
    const { random, wallet } = this.#deps;
    const attempt = (): Promise<TakeResult> =>
      wallet.update((state) => takeToken(state, service, this.#rules(allowFresh), { identity, random }));
    let taken = await attempt();
    let failure: unknown = null;
    for (const more of allowFresh ? [false, true] : [false]) {
      if (!('none' in taken)) break;
      failure = await this.refill(service, more).then(
        () => null,
        (error: unknown) => error,
      );
      taken = await attempt();
    }
    if ('token' in taken) return taken.token;
    if ('restingUntil' in taken) throw new ClientError('tokens-resting', { until: taken.restingUntil });
    if (failure !== null) throw failure;
    throw new ClientError('no-tokens', { until: await this.nextDue(service) });
  }

  /** Takes the token of an earlier attempt at the same request. @throws {ClientError} `attempt-over` */
  retake(id: string, identity: Bytes): Promise<TakenToken> {
    return this.#deps.wallet.update((state) => retakeToken(state, id, this.#rules(false), identity));
  }

  /** Ends an attempt and forgets its token. */
  settle(id: string): Promise<void> {
    return this.#deps.wallet.update((state) => settle(state, id));
  }

  /** Ends an attempt whose token was never sent, and returns the token to the pool. */
  putBack(id: string): Promise<void> {
    return this.#deps.wallet.update((state) => putBack(state, id));
  }

  /** Drops every token of the same key as this one. */
  dropKey(token: Bytes): Promise<void> {
    return this.#deps.wallet.update((state) => dropKey(state, token));
  }

  /** When the tokens of this service are refilled next. */
  nextDue(service: string): Promise<UnixSeconds> {
    return this.#deps.wallet.update((state) => {
      const { dueAt, left, epoch } = this.#schedule(state, service);
      const pending = state.batches[service];
      if (this.#isInFlight(pending)) return (pending?.sentAt ?? 0) + IN_FLIGHT_SECONDS;
      return left > 0 || pending?.epoch === epoch ? dueAt : epoch + this.#deps.epochSeconds;
    });
  }

  /**
   * Requests the batches that are due; with `more`, one batch beyond the schedule if none is due. If a batch does not
   * verify, the others are requested as if it had: what the issuer sees next does not depend on what it sent
   * (privacy L8).
   *
   * @throws {ClientError} the last failure, after all batches; `wallet-busy` if another refill takes too long
   */
  async refill(service: string, more: boolean): Promise<void> {
    const { deadline, lock } = this.#deps;
    const busy = (): ClientError => new ClientError('wallet-busy');
    const refill = (): Promise<void> => this.#refill(service, more);
    await lockWithin(lock, `sotto refill ${service}`, deadline?.(LOCK_SECONDS), busy, refill).catch(
      (error: unknown) => {
        throw clientError(error, 'wallet-unavailable'); // the lock failed
      },
    );
  }

  async #refill(service: string, more: boolean): Promise<void> {
    const { wallet, bundles } = this.#deps;
    let failure: ClientError | null = null;
    for (
      let extra = more;
      await wallet.update((state) => this.#isDue(state, service, extra));
      extra = false
    ) {
      try {
        const active = await bundles.ofRunningEpoch();
        const batch = await wallet.update((state) => this.#beginBatch(state, service, active, extra));
        if (batch === null) break; // another tab was first
        if (!(await this.#issue(service, active, batch))) failure = new ClientError('bad-batch');
      } catch (error) {
        const quotaUsedUp = error instanceof ClientError && error.code === 'quota';
        await wallet.update((state) => this.#postpone(state, service, quotaUsedUp));
        throw error instanceof BatchPendingError ? error.reason : clientError(error, 'issuer-failed');
      }
    }
    if (failure !== null) throw failure;
  }

  /** Whether a batch is to be sent now. While another tab waits for one, none is. */
  #isDue(state: WalletState, service: string, extra: boolean): boolean {
    const { left, dueAt, epoch } = this.#schedule(state, service);
    const pending = state.batches[service];
    if (this.#isInFlight(pending)) return false;
    return extra || ((left > 0 || pending?.epoch === epoch) && this.#deps.now() >= dueAt);
  }

  /** Whether a batch was sent just now. A time in the future was written by a clock that was ahead. */
  #isInFlight(batch: StoredBatch | undefined): boolean {
    const age = this.#deps.now() - (batch?.sentAt ?? -Infinity);
    return age >= 0 && age < IN_FLIGHT_SECONDS;
  }

  /**
   * The batch to send next, which is durable before it is sent. A batch that was not issued, because the page was closed
   * or the issuer did not respond, is sent again unchanged: the issuer counts it once.
   */
  #beginBatch(
    state: WalletState,
    service: string,
    { bundle }: ActiveBundle,
    extra: boolean,
  ): StoredBatch | null {
    if (!this.#isDue(state, service, extra)) return null;
    const { now, random } = this.#deps;
    const epoch = bundle.notBefore;
    const pending = state.batches[service];
    const again = pending?.epoch === epoch ? pending : null;
    if (again === null) {
      const schedule = this.#schedule(state, service);
      const left = now() >= schedule.dueAt ? Math.max(0, schedule.left - 1) : schedule.left;
      state.schedules[service] = { ...schedule, left };
    }
    const batch = { epoch, seed: again?.seed ?? random(32), sentAt: now() };
    state.batches[service] = batch;
    return batch;
  }

  /** Sends a batch and stores its tokens. False if it did not verify. @throws as `blindBatch` and `requestTokens` */
  async #issue(service: string, active: ActiveBundle, batch: StoredBatch): Promise<boolean> {
    const { now, wallet } = this.#deps;
    const blinded = await blindBatch(this.#deps, active, service, batch);
    const tokens = await requestTokens(this.#deps, blinded);
    const { epoch, seed } = batch;
    const issuedAt = now();
    await wallet.update((state) => {
      const stored = state.batches[service];
      if (stored === undefined || !equalBytes(stored.seed, seed)) return; // another tab has stored its tokens
      delete state.batches[service];
      dropExpired(state, this.#rules(false));
      for (const token of tokens ?? []) state.tokens.push({ service, epoch, issuedAt, token });
    });
    return tokens !== null;
  }

  /** Makes the batch due again later. If the quota is used up, no batch is due in this epoch. */
  #postpone(state: WalletState, service: string, quotaUsedUp: boolean): void {
    const { now, epochSeconds, random } = this.#deps;
    const schedule = this.#schedule(state, service);
    const pending = state.batches[service];
    if (quotaUsedUp) delete state.batches[service];
    else if (pending !== undefined) state.batches[service] = { ...pending, sentAt: null };
    const left = quotaUsedUp ? 0 : schedule.left;
    state.schedules[service] = { ...schedule, left, dueAt: retryTime(now(), epochSeconds, random) };
  }

  #schedule(state: WalletState, service: string): Schedule {
    const { epochSeconds } = this.#deps;
    const now = this.#deps.now();
    const epoch = epochStartAt(now, epochSeconds);
    const schedule = scheduleFor(state.schedules[service], epoch, { ...this.#deps, now });
    state.schedules[service] = schedule;
    return schedule;
  }

  #rules(allowFresh: boolean): TokenRules {
    const { now, epochSeconds, restSeconds } = this.#deps;
    return { now: now(), epochSeconds, restSeconds: allowFresh ? 0 : restSeconds };
  }
}

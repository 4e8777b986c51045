import { epochStartAt, equalBytes, type Bytes, type UnixSeconds } from '@sotto/wire';
import { REFILL_SERVICE } from '@sotto/bundle';
import type { ActiveBundle, BundleCache } from './bundle-cache.ts';
import { lockWithin } from './deadline.ts';
import { ClientError, clientError } from './error.ts';
import type { ExchangeDeps } from './exchange.ts';
import { BatchPendingError, blindBatch, requestTokens, type IssuanceDeps } from './issuance.ts';
import type { ClientPlatform, Lock } from './platform.ts';
import { inFlightUntil, retryTime, scheduleFor } from './schedule.ts';
import { tokenRules, type RefillCause } from './vouchers/context.ts';
import type { HandOver } from './vouchers/hand-over.ts';
import { Vouchers } from './vouchers/vouchers.ts';
import type { Schedule, StoredBatch, WalletState } from './wallet/state.ts';
import {
  dropExpired,
  dropKey,
  putBack,
  restedTokens,
  retakeToken,
  settle,
  takeToken,
  type TakenToken,
  type TakeResult,
  type TokenRules,
} from './wallet/tokens.ts';

const LOCK_SECONDS = 60; // to wait for another tab or process that refills

/** The dependencies of token management. */
export interface TokenManagerDeps extends IssuanceDeps, ExchangeDeps, Pick<ClientPlatform, 'wallet'> {
  readonly bundles: BundleCache;
  readonly lock: Lock;
  readonly restSeconds: number;
  readonly batches: number;
  readonly services: readonly string[];
}

/** The wallet's tokens: refilled by schedule, taken one at a time. */
export class TokenManager {
  readonly #deps: TokenManagerDeps;
  readonly #vouchers: Vouchers;

  constructor(deps: TokenManagerDeps) {
    this.#deps = deps;
    this.#vouchers = new Vouchers(deps);
  }

  /**
   * Takes a token for one request. The change is durable before the promise resolves.
   *
   * If the wallet is empty, only the batches that are due by schedule are requested, as in its first epoch. With
   * `allowFresh` one more batch is requested, and the token need not have rested: the user consents to an issuance
   * that reveals when it was needed. A wallet with vouchers refills without the account instead, once.
   *
   * @param identity - the same for equal requests
   * @throws {ClientError} `tokens-resting` or `no-tokens`, with the time when that ends; or what a refill throws
   */
  async take(service: string, identity: Bytes, allowFresh: boolean): Promise<TakenToken> {
    const { random, wallet } = this.#deps;
    const attempt = (): Promise<TakeResult> =>
      wallet.update((state) => {
        const result = takeToken(state, service, this.#rules(allowFresh), { identity, random });
        if ('token' in result) {
          const rested = restedTokens(state, service, this.#rules(false)).length;
          this.#vouchers.noteUse(state, rested);
        }
        return result;
      });
    let taken = await attempt();
    let failure: unknown = null;
    for (const more of allowFresh ? [false, true] : [false]) {
      if (!('none' in taken) || (more && (await this.#vouchers.isUsed(null)))) break;
      failure = await this.refill(service, more, 'user').then(
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
      const ofVouchers = this.#vouchers.nextDue(state);
      if (ofVouchers !== null) return ofVouchers;
      const { dueAt, left, epoch } = this.#schedule(state, service);
      const pending = state.batches[service];
      const inFlight = inFlightUntil(this.#deps.now(), pending);
      if (inFlight !== null) return inFlight;
      return left > 0 || pending?.epoch === epoch ? dueAt : epoch + this.#deps.epochSeconds;
    });
  }

  /**
   * Requests the batches that are due; with `more`, one batch beyond the schedule if none is due. If a batch does not
   * verify, the others are requested as if it had: what the issuer sees next does not depend on what it sent
   * (privacy L8).
   *
   * A wallet with vouchers requests nothing here with its account: it redeems one, if that is due or for its user.
   *
   * @throws {ClientError} the last failure, after all batches; `wallet-busy` if another refill takes too long
   */
  async refill(
    service: string,
    more: boolean,
    cause: RefillCause = more ? 'user' : 'schedule',
  ): Promise<void> {
    const { deadline, lock } = this.#deps;
    const busy = (): ClientError => new ClientError('wallet-busy');
    const name = (await this.#vouchers.isUsed(null)) ? REFILL_SERVICE : service;
    const refill = async (): Promise<void> =>
      name === REFILL_SERVICE ? this.#vouchers.run(cause) : this.#refill(service, more, cause);
    await lockWithin(lock, `sotto refill ${name}`, deadline?.(LOCK_SECONDS), busy, refill).catch(
      (error: unknown) => {
        throw clientError(error, 'wallet-unavailable'); // the lock failed
      },
    );
  }

  /** Refills all services that the application uses. A voucher buys tokens of all of them. */
  async refillAll(more: boolean): Promise<void> {
    for (const service of this.#deps.services) {
      await this.refill(service, more);
      if (await this.#vouchers.isUsed(null)) return;
    }
  }

  exportVouchers(handOver: HandOver): Promise<Bytes> {
    return this.#vouchers.export(handOver);
  }

  importVouchers(bytes: Bytes): Promise<number> {
    return this.#vouchers.import(bytes);
  }

  async #refill(service: string, more: boolean, cause: RefillCause): Promise<void> {
    const { wallet, bundles } = this.#deps;
    let failure: ClientError | null = null;
    for (
      let extra = more;
      await wallet.update((state) => this.#isDue(state, service, extra));
      extra = false
    ) {
      try {
        const active = await bundles.ofRunningEpoch();
        if (await this.#vouchers.isUsed(active)) return await this.#vouchers.run(cause);
        const batch = await wallet.update((state) => this.#beginBatch(state, service, active, extra));
        if (batch === null) break; // another tab was first
        if (!(await this.#issue(service, active, batch))) failure = new ClientError('bad-batch');
      } catch (error) {
        if (await this.#vouchers.isUsed(null)) throw error;
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
    if (inFlightUntil(this.#deps.now(), pending) !== null) return false;
    return extra || ((left > 0 || pending?.epoch === epoch) && this.#deps.now() >= dueAt);
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
    const rules = tokenRules(this.#deps);
    return allowFresh ? { ...rules, restSeconds: 0 } : rules;
  }
}

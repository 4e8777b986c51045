import { epochStartAt, type Bytes, type UnixSeconds } from '@sotto/wire';
import type { BundleCache } from './bundle-cache.ts';
import { ClientError, clientError } from './error.ts';
import {
  BatchPendingError,
  blindBatch,
  requestTokens,
  type BlindedBatch,
  type IssuanceDeps,
} from './issuance.ts';
import type { ClientPlatform, Lock } from './platform.ts';
import { retryTime, scheduleFor } from './schedule.ts';
import type { PendingToken, Schedule, WalletState } from './wallet/state.ts';
import {
  dropExpired,
  retakeToken,
  settle,
  takeToken,
  type TakeResult,
  type TokenRules,
} from './wallet/tokens.ts';

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
  /** Batches that were sent and not issued, by service. They are sent again unchanged: the issuer counts each once. */
  readonly #pendingBatches = new Map<string, BlindedBatch>();

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
   * @throws {ClientError} `tokens-resting` or `no-tokens`, with the time when that ends; or what a refill throws
   */
  async take(
    service: string,
    fingerprintOf: (token: Bytes) => Bytes,
    allowFresh: boolean,
  ): Promise<PendingToken> {
    const { random, wallet } = this.#deps;
    const attempt = (): Promise<TakeResult> =>
      wallet.update((state) => takeToken(state, service, this.#rules(allowFresh), { fingerprintOf, random }));
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
  retake(id: string, fingerprintOf: (token: Bytes) => Bytes): Promise<PendingToken> {
    return this.#deps.wallet.update((state) => retakeToken(state, id, this.#rules(false), fingerprintOf));
  }

  /** Ends an attempt and forgets its token. */
  settle(id: string): Promise<void> {
    return this.#deps.wallet.update((state) => settle(state, id));
  }

  /** When the tokens of this service are refilled next. */
  nextDue(service: string): Promise<UnixSeconds> {
    return this.#deps.wallet.update((state) => {
      const { dueAt, left, epoch } = this.#schedule(state, service);
      return left > 0 ? dueAt : epoch + this.#deps.epochSeconds;
    });
  }

  /**
   * Requests the batches that are due; with `more`, one batch beyond the schedule. If a batch does not verify, the
   * others are requested as if it had: what the issuer sees next does not depend on what it sent (privacy L8).
   *
   * @throws {ClientError} the last failure, after all batches
   */
  async refill(service: string, more: boolean): Promise<void> {
    const refilled = this.#deps.lock(`sotto refill ${service}`, async () => {
      let failure: ClientError | null = null;
      let claimed = await this.#claim(service);
      for (let extra = more && !claimed; claimed || extra; extra = false) {
        failure = (await this.#refillOnce(service, claimed)) ?? failure;
        claimed = await this.#claim(service);
      }
      if (failure !== null) throw failure;
    });
    await refilled.catch((error: unknown) => {
      throw clientError(error, 'wallet-unavailable'); // the lock failed
    });
  }

  /**
   * Requests one batch.
   *
   * @returns `bad-batch`, after which the next batch may be requested, or null
   * @throws {ClientError} any other failure
   */
  async #refillOnce(service: string, claimed: boolean): Promise<ClientError | null> {
    const { bundles, now, wallet } = this.#deps;
    try {
      const active = await bundles.ofRunningEpoch();
      const pending = this.#pendingBatches.get(service);
      const epoch = active.bundle.notBefore;
      const batch = pending?.epoch === epoch ? pending : blindBatch(this.#deps, active, service);
      this.#pendingBatches.set(service, batch);
      const tokens = await requestTokens(this.#deps, batch);
      this.#pendingBatches.delete(service);
      const issuedAt = now();
      await wallet.update((state) => {
        dropExpired(state, this.#rules(false));
        for (const token of tokens ?? []) state.tokens.push({ service, epoch, issuedAt, token });
      });
      return tokens === null ? new ClientError('bad-batch') : null;
    } catch (error) {
      const quotaUsedUp = error instanceof ClientError && error.code === 'quota';
      await wallet.update((state) => this.#postpone(state, service, claimed, quotaUsedUp));
      throw error instanceof BatchPendingError ? error.reason : clientError(error, 'issuer-failed');
    }
  }

  /** Counts one due batch before it is requested, so that two tabs do not request it twice. */
  #claim(service: string): Promise<boolean> {
    return this.#deps.wallet.update((state) => {
      const schedule = this.#schedule(state, service);
      const due = schedule.left > 0 && this.#deps.now() >= schedule.dueAt;
      if (due) state.schedules[service] = { ...schedule, left: schedule.left - 1 };
      return due;
    });
  }

  /** Makes the batch due again later. If the quota is used up, no batch is due in this epoch. */
  #postpone(state: WalletState, service: string, claimed: boolean, quotaUsedUp: boolean): void {
    const { now, epochSeconds, random, batches } = this.#deps;
    const schedule = this.#schedule(state, service);
    const left = quotaUsedUp ? 0 : Math.min(batches, schedule.left + (claimed ? 1 : 0));
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

import { epochStartAt, type Bytes, type UnixSeconds } from '@sotto/wire';
import { ClientError, clientError } from './error.ts';
import { blindBatch, drawBatch, Unanswered, type BlindedBatch, type IssuanceDeps } from './issuance.ts';
import type { Keys } from './keys.ts';
import type { Lock, Platform } from './platform.ts';
import { dropExpired, retakeToken, settle, takeToken, type PurseView, type Taken } from './purse.ts';
import { postponed, scheduleFor } from './schedule.ts';
import type { PendingToken, WalletState } from './wallet/state.ts';

export interface TokensDeps extends IssuanceDeps, Pick<Platform, 'wallet'> {
  readonly keys: Keys;
  readonly lock: Lock;
  readonly restSeconds: number;
  readonly batches: number;
}

/** The wallet's tokens: drawn by schedule, spent one at a time. */
export class Tokens {
  readonly #deps: TokensDeps;
  /** A batch that was sent and never answered: sent again as it is, since the issuer counts it once. */
  readonly #unanswered = new Map<string, BlindedBatch>();

  constructor(deps: TokensDeps) {
    this.#deps = deps;
  }

  /**
   * Takes a token for one request, durably, before it is sent.
   *
   * An empty wallet draws what its schedule has due by now, as in its first epoch, and else nothing; with
   * `allowFresh`, one batch more: the user's consent to a drawing that shows when it was needed, and to a token
   * that did not rest.
   *
   * @throws {ClientError} `tokens-resting` or `no-tokens`, with the time that ends it; or what drawing throws
   */
  async take(service: string, markOf: (token: Bytes) => Bytes, allowFresh: boolean): Promise<PendingToken> {
    const { random } = this.#deps;
    const view = (): PurseView => this.#view(allowFresh);
    const attempt = (): Promise<Taken> =>
      this.#deps.wallet.update((state) => takeToken(state, service, view(), { markOf, random }));
    let taken = await attempt();
    let failure: unknown = null;
    for (const more of allowFresh ? [false, true] : [false]) {
      if (!('none' in taken)) break;
      failure = await this.refill(service, more).then(() => null, caught);
      taken = await attempt();
    }
    if ('token' in taken) return taken.token;
    if ('restingUntil' in taken) throw new ClientError('tokens-resting', { until: taken.restingUntil });
    if (failure !== null) throw failure;
    throw new ClientError('no-tokens', { until: await this.nextDue(service) });
  }

  /** The token of an earlier attempt, for the same request. @throws {ClientError} `attempt-over` */
  retake(id: string, markOf: (token: Bytes) => Bytes): Promise<PendingToken> {
    return this.#deps.wallet.update((state) => retakeToken(state, id, this.#view(false), markOf));
  }

  settle(id: string): Promise<void> {
    return this.#deps.wallet.update((state) => settle(state, id));
  }

  /** When tokens of this service are drawn next. */
  nextDue(service: string): Promise<UnixSeconds> {
    return this.#deps.wallet.update((state) => {
      const { dueAt, left, epoch } = this.#scheduled(state, service);
      return left > 0 ? dueAt : epoch + this.#deps.epochSeconds;
    });
  }

  /**
   * Draws what the schedule has due; with `more`, one batch beyond it. After a batch that could not be proven
   * good the rest is drawn as if it had been: what an issuer sees next does not depend on what it sent (privacy L8).
   *
   * @throws {ClientError} the first failure, when all is done
   */
  async refill(service: string, more: boolean): Promise<void> {
    const { lock } = this.#deps;
    const drawn = lock(`sotto draw ${service}`, async () => {
      let failure: ClientError | null = null;
      let claimed = await this.#claim(service);
      for (let extra = more && !claimed; claimed || extra; extra = false) {
        failure = (await this.#draw(service, claimed)) ?? failure;
        claimed = await this.#claim(service);
      }
      if (failure !== null) throw failure;
    });
    await drawn.catch((error: unknown) => {
      throw clientError(error, 'wallet-unavailable'); // the lock itself
    });
  }

  /** Draws one batch. Its failure, if the next one may still be drawn; thrown, if not. */
  async #draw(service: string, claimed: boolean): Promise<ClientError | null> {
    const { wallet, now } = this.#deps;
    try {
      const held = await this.#deps.keys.fresh();
      const kept = this.#unanswered.get(service);
      const batch = kept?.epoch === held.bundle.notBefore ? kept : blindBatch(this.#deps, held, service);
      this.#unanswered.set(service, batch);
      const tokens = await drawBatch(this.#deps, batch);
      this.#unanswered.delete(service);
      const { epoch } = batch;
      const drawnAt = now();
      await wallet.update((state) => {
        dropExpired(state, this.#view(false));
        for (const token of tokens ?? []) state.tokens.push({ service, epoch, drawnAt, token });
      });
      return tokens === null ? new ClientError('bad-batch') : null;
    } catch (error) {
      const over = error instanceof ClientError && error.code === 'quota';
      await wallet.update((state) => this.#putOff(state, service, claimed, over));
      throw error instanceof Unanswered ? error.reason : clientError(error, 'issuer-failed');
    }
  }

  /** Counts one due batch as drawn, before it is: two tabs do not draw it twice. */
  #claim(service: string): Promise<boolean> {
    return this.#deps.wallet.update((state) => {
      const schedule = this.#scheduled(state, service);
      const due = schedule.left > 0 && this.#deps.now() >= schedule.dueAt;
      if (due) state.schedules[service] = { ...schedule, left: schedule.left - 1 };
      return due;
    });
  }

  /** The batch stays due, later; or, with the quota used up, none does in this epoch. */
  #putOff(state: WalletState, service: string, claimed: boolean, over: boolean): void {
    const { now, epochSeconds, random, batches } = this.#deps;
    const schedule = this.#scheduled(state, service);
    const left = over ? 0 : Math.min(batches, schedule.left + (claimed ? 1 : 0));
    state.schedules[service] = { ...schedule, left, dueAt: postponed(now(), epochSeconds, random) };
  }

  #scheduled(state: WalletState, service: string): WalletState['schedules'][string] {
    const { now, epochSeconds } = this.#deps;
    const time = now();
    const epoch = epochStartAt(time, epochSeconds);
    const schedule = scheduleFor(state.schedules[service], epoch, { ...this.#deps, now: time });
    state.schedules[service] = schedule;
    return schedule;
  }

  #view(allowFresh: boolean): PurseView {
    const { now, epochSeconds, restSeconds } = this.#deps;
    return { now: now(), epochSeconds, restSeconds: allowFresh ? 0 : restSeconds };
  }
}

const caught = (error: unknown): unknown => error;

import { epochIndexAt, type Bytes, type UnixSeconds } from '@sotto/wire';
import type { ActiveBundle } from '../bundle-cache.ts';
import { ClientError } from '../error.ts';
import { inFlightUntil, retryTime } from '../schedule.ts';
import type { WalletState } from '../wallet/state.ts';
import { epochOfClock, isEmpty, planOptions, type RefillCause, type VouchersDeps } from './context.ts';
import { exportVouchers, importVouchers, type HandOver } from './hand-over.ts';
import { issueDue } from './issuance.ts';
import { dropOver, nextRefill, noteUse, planIssuance } from './plan.ts';
import { refillDue } from './refill.ts';
import { emptyVouchers } from './state.ts';

/**
 * The wallet's vouchers: requested with the account by a schedule that does not depend on usage, and redeemed for tokens
 * without the account. The caller holds the lock that lets one tab do this at a time.
 */
export class Vouchers {
  readonly #deps: VouchersDeps;
  /** Nothing is due before this time, because what was due could not be sent. */
  #retryAt: UnixSeconds = 0;

  constructor(deps: VouchersDeps) {
    this.#deps = deps;
  }

  /** Whether the wallet gets its tokens by vouchers: from the first bundle with refills on, permanently. */
  async isUsed(active: ActiveBundle | null): Promise<boolean> {
    const { wallet, now } = this.#deps;
    const refill = active?.bundle.extension?.refill ?? null;
    return wallet.update((state) => {
      if (refill !== null) {
        if (state.vouchers === null) [state.batches, state.schedules] = [{}, {}]; // of requests with the account
        state.vouchers ??= emptyVouchers(refill.period, now());
        state.vouchers.period = refill.period;
        state.vouchers.services = refill.pack.map(({ service }) => service);
      }
      return state.vouchers !== null;
    });
  }

  /**
   * Requests the vouchers that are due, then refills if that is due. The bundle is fetched only if something is.
   *
   * @throws {ClientError} of the bundle; of the refill if it failed, else of the issuance
   */
  async run(cause: RefillCause): Promise<void> {
    const { wallet, now, epochSeconds, random } = this.#deps;
    const isDue = (): Promise<boolean> =>
      wallet.update((state) => (this.#nextOf(state) ?? Infinity) <= now());
    if (cause === 'schedule' && !(await isDue())) return;
    await this.#runNow(cause).catch(async (error: unknown) => {
      // Of what is still due, nothing was sent. After a batch that does not verify, the next one is not delayed (L8).
      const isVerified = !(error instanceof ClientError) || error.code !== 'bad-batch';
      if (isVerified && (await isDue())) this.#retryAt = retryTime(now(), epochSeconds, random);
      throw error;
    });
  }

  async #runNow(cause: RefillCause): Promise<void> {
    const active = await this.#activeBundle();
    const failure = await issueDue(this.#deps, active).then(
      () => null,
      (error: unknown) => error,
    );
    const didRefill = await refillDue(this.#deps, active, cause).catch((error: unknown) => {
      const isBare = error instanceof ClientError && error.code === 'no-vouchers';
      throw isBare && failure !== null ? failure : error;
    });
    if (!didRefill && failure !== null) throw failure;
  }

  /** Takes vouchers out of the wallet, durably, for another device. @throws {ClientError} `no-vouchers` */
  export(handOver: HandOver): Promise<Bytes> {
    const deps = this.#deps;
    return deps.wallet.update((state) => exportVouchers(state, epochOfClock(deps, state), handOver));
  }

  /** Adds vouchers of another device, and returns how many. @throws {ClientError} */
  async import(bytes: Bytes): Promise<number> {
    const active = await this.#activeBundle();
    return this.#deps.wallet.update((state) => importVouchers(state, active, bytes));
  }

  /** A token was used, and so many rested ones are left. To be called in the change of the wallet that takes it. */
  noteUse(state: WalletState, rested: number): void {
    const deps = this.#deps;
    if (state.vouchers !== null)
      noteUse(state.vouchers, rested, planOptions(deps, epochOfClock(deps, state)));
  }

  /** When something is due next; null if the wallet does not use vouchers. */
  nextDue(state: WalletState): UnixSeconds | null {
    if (state.vouchers === null) return null;
    const { now, epochSeconds } = this.#deps;
    const tomorrow = (epochIndexAt(now(), epochSeconds) + 1) * epochSeconds;
    return Math.min(this.#nextOf(state) ?? tomorrow, tomorrow);
  }

  /** When something is due in this epoch; null if nothing is. */
  #nextOf(state: WalletState): UnixSeconds | null {
    const { vouchers } = state;
    if (vouchers === null) return null;
    const deps = this.#deps;
    const options = planOptions(deps, epochOfClock(deps, state));
    // Without a bundle of this epoch the clock may be ahead. Then nothing is dropped.
    if (options.epoch <= state.sequence) dropOver(vouchers, options);
    const issuance = planIssuance(vouchers, options)?.dueAt ?? Infinity;
    const refill = nextRefill(vouchers, isEmpty(deps, state), options) ?? Infinity;
    const due = Math.min(
      Math.max(issuance, inFlightUntil(deps.now(), vouchers.issuance) ?? 0),
      Math.max(refill, inFlightUntil(deps.now(), vouchers.pack) ?? 0),
    );
    return due === Infinity ? null : Math.max(this.#retryAt, due);
  }

  /** The bundle of the running epoch, after what it says about refills was noted. */
  async #activeBundle(): Promise<ActiveBundle> {
    const active = await this.#deps.bundles.ofRunningEpoch();
    await this.isUsed(active);
    return active;
  }
}

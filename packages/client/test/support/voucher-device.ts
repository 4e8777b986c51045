import type { Random, UnixSeconds } from '@sotto/wire';
import {
  beginRefill,
  dropOver,
  endIssuance,
  heldFor,
  nextRefill,
  noteUse,
  planIssuance,
  type PlanOptions,
} from '../../src/vouchers/plan.ts';
import { emptyVouchers, type StoredVoucher, type VoucherState } from '../../src/vouchers/state.ts';

/** The requests of a device when its client ran: for vouchers with its account, refills without it. */
export interface Sent {
  readonly issuances: number;
  readonly refills: number;
}

/** The inputs of a simulated device. */
export interface DeviceOptions {
  readonly epochSeconds: number;
  readonly period: number;
  readonly perEpoch: number;
  /** Tokens of a refill, of the only service. */
  readonly tokens: number;
  readonly restSeconds: number;
  readonly random: Random;
}

const NO_BYTES = new Uint8Array(0);

/** The schedule of a client with vouchers, without network and cryptography: every request succeeds at once. */
export class VoucherDevice {
  readonly #options: DeviceOptions;
  readonly state: VoucherState;
  #tokens: { readonly epoch: number; readonly issuedAt: UnixSeconds }[] = [];

  constructor(now: UnixSeconds, options: DeviceOptions) {
    this.#options = options;
    this.state = emptyVouchers(options.period, now);
  }

  /** The client runs at this time, because the app is open: it sends what is due. */
  run(now: UnixSeconds): Sent {
    const issuances = this.issue(now);
    const plan = this.#plan(now);
    const dueAt = nextRefill(this.state, this.#tokens.length === 0, plan);
    if (dueAt === null || dueAt > now) return { issuances, refills: 0 };
    this.#refill(plan);
    return { issuances, refills: 1 };
  }

  /** Requests the vouchers that are due, and returns how many requests those are. */
  issue(now: UnixSeconds): number {
    const plan = this.#plan(now);
    dropOver(this.state, plan);
    this.#tokens = this.#tokens.filter(({ epoch }) => epoch + 1 >= plan.epoch);
    let issuances = 0;
    for (let due = planIssuance(this.state, plan); due !== null && due.dueAt <= now; issuances++) {
      for (let epoch = due.first; epoch <= due.last; epoch++) this.#hold(epoch);
      endIssuance(this.state, due.last);
      due = planIssuance(this.state, plan);
    }
    return issuances;
  }

  /**
   * A person searches. True if a token was used. Without any token the client refills, for a later search.
   *
   * @param consents - whether the person agreed to refill and search at once
   */
  search(now: UnixSeconds, consents = false): { readonly searched: boolean; readonly refills: number } {
    const plan = this.#plan(now);
    dropOver(this.state, plan);
    const isRested = ({ issuedAt }: { readonly issuedAt: UnixSeconds }): boolean =>
      consents || issuedAt + this.#options.restSeconds <= now;
    let refills = 0;
    if (this.#tokens.length === 0 && heldFor(this.state, plan.epoch).length > 0) {
      this.#refill(plan);
      refills++;
    }
    const used = this.#tokens.findIndex(isRested);
    if (used < 0) return { searched: false, refills };
    this.#tokens.splice(used, 1);
    noteUse(this.state, this.#tokens.filter(isRested).length, plan);
    return { searched: true, refills };
  }

  /** When the client has to run next to send what is due on time; null if nothing is due in this epoch. */
  nextDue(now: UnixSeconds): UnixSeconds | null {
    const plan = this.#plan(now);
    const times = [
      planIssuance(this.state, plan)?.dueAt ?? null,
      nextRefill(this.state, this.#tokens.length === 0, plan),
    ].filter((time) => time !== null);
    return times.length === 0 ? null : Math.min(...times);
  }

  #plan(now: UnixSeconds): PlanOptions {
    const { epochSeconds, random } = this.#options;
    return { now, epoch: Math.floor(now / epochSeconds), epochSeconds, random };
  }

  #hold(epoch: number): void {
    const voucher: StoredVoucher = { epoch, key: NO_BYTES, token: NO_BYTES };
    this.state.held.push(...Array.from({ length: this.#options.perEpoch }, () => ({ ...voucher })));
  }

  #refill(plan: PlanOptions): void {
    beginRefill(this.state, this.#tokens.length === 0, plan);
    const [spent] = heldFor(this.state, plan.epoch);
    this.state.held = this.state.held.filter((one) => one !== spent);
    const { epoch, now: issuedAt } = plan;
    this.#tokens.push(...Array.from({ length: this.#options.tokens }, () => ({ epoch, issuedAt })));
  }
}

import { lastOfPeriod, voucherEpochs, voucherWindow, type Random, type UnixSeconds } from '@sotto/wire';
import { randomBelow } from '../platform.ts';
import { retryTime } from '../schedule.ts';
import type { RefillSchedule, StoredVoucher, VoucherState } from './state.ts';

/** What decides when something is due. All of it is the same for everyone but the time and the randomness. */
export interface PlanOptions {
  readonly now: UnixSeconds;
  /** The index of the running epoch: that of the bundle in use, which begins a little before or after that of the clock. */
  readonly epoch: number;
  readonly epochSeconds: number;
  readonly random: Random;
}

/** Without use, a client stops refilling after so many epochs. */
const WARM_EPOCHS = 7;
/** With fewer rested tokens, one more refill is due after 15 to 60 minutes. */
export const FEW_TOKENS = 8;
/** A refill is due ten minutes before the end of its epoch at the latest, or in the first 9/10 of a short one. */
const MARGIN = 600; // seconds

/** Drops what belongs to epochs that are over, and times that a clock which was ahead has set. */
export function dropOver(vouchers: VoucherState, { now, epoch, epochSeconds }: PlanOptions): void {
  vouchers.held = vouchers.held.filter((one) => one.epoch >= epoch);
  if (vouchers.pack !== null && vouchers.pack.epoch !== epoch) vouchers.pack = null;
  const { issuance } = vouchers;
  if (issuance !== null && issuance.last < epoch) vouchers.issuance = null;
  if (vouchers.usedAt > now) vouchers.usedAt = now;
  // No period that can be issued now ends later than this.
  const latest = lastOfPeriod(epoch, vouchers.period) + vouchers.period;
  if (vouchers.issuedThrough > latest) vouchers.issuedThrough = -1;
  const { nextIssuance } = vouchers;
  if (nextIssuance !== null && nextIssuance.dueAt > (latest + 1) * epochSeconds) vouchers.nextIssuance = null;
}

/** The vouchers of an epoch. */
export const heldFor = ({ held }: VoucherState, epoch: number): readonly StoredVoucher[] =>
  held.filter((one) => one.epoch === epoch);

/** An issuance: the first and the last epoch that it is for, as indexes, and when it is due. */
export interface PlannedIssuance {
  readonly first: number;
  readonly last: number;
  readonly dueAt: UnixSeconds;
}

/**
 * The next issuance. It never depends on usage.
 *
 * The current period is due at once if nothing was issued for it: in a new wallet, and after a window that was slept
 * through. The next period is due at a random time of the window, which is chosen once.
 */
export function planIssuance(vouchers: VoucherState, options: PlanOptions): PlannedIssuance | null {
  const { now, epoch, epochSeconds, random } = options;
  const { period } = vouchers;
  const present = lastOfPeriod(epoch, period);
  if (vouchers.issuedThrough < present) {
    const dueAt = vouchers.nextIssuance?.last === present ? vouchers.nextIssuance.dueAt : now;
    return { first: epoch, last: present, dueAt };
  }
  if (voucherEpochs(epoch, period) <= period || vouchers.issuedThrough > present) return null;
  const last = present + period;
  if (vouchers.nextIssuance?.last !== last) {
    const opens = (present + 1 - voucherWindow(period)) * epochSeconds;
    const dueAt = opens + randomBelow(voucherWindow(period) * epochSeconds, random);
    vouchers.nextIssuance = { last, dueAt };
  }
  return { first: present + 1, last, dueAt: vouchers.nextIssuance.dueAt };
}

/** An issuance is over: its period is not requested again, whatever came of it (privacy L8). */
export function endIssuance(vouchers: VoucherState, last: number): void {
  vouchers.issuance = null;
  vouchers.nextIssuance = null;
  vouchers.issuedThrough = Math.max(vouchers.issuedThrough, last);
}

/**
 * Puts off an issuance that was not answered: to a random time of the next epoch, or by minutes while the wallet has no
 * voucher for today, as in a new wallet.
 */
export function postponeIssuance(vouchers: VoucherState, last: number, options: PlanOptions): void {
  const { now, epoch, epochSeconds, random } = options;
  const isBare = heldFor(vouchers, epoch).length === 0 && last === lastOfPeriod(epoch, vouchers.period);
  const dueAt = isBare
    ? retryTime(now, epochSeconds, random)
    : (epoch + 1) * epochSeconds + randomBelow(Math.max(1, Math.floor(epochSeconds)), random);
  vouchers.nextIssuance = { last, dueAt };
}

/** The times of refills in this epoch. The first is random in the whole of it, so that refills cover each other. */
function planRefill(vouchers: VoucherState, { epoch, epochSeconds, random }: PlanOptions): RefillSchedule {
  const { schedule } = vouchers;
  if (schedule?.epoch === epoch) return schedule;
  const spread = Math.max(1, Math.floor(epochSeconds - Math.min(MARGIN, epochSeconds / 10)));
  const dueAt = epoch * epochSeconds + randomBelow(spread, random);
  vouchers.schedule = { epoch, dueAt, extraAt: null, began: false };
  return vouchers.schedule;
}

/**
 * When the next refill is due in this epoch; null if none is. A client without valid tokens, which is new or was away,
 * refills at once, but only once in an epoch: what it does next does not depend on what it was sent (privacy L8).
 *
 * @param isEmpty - whether a service has no valid token
 */
export function nextRefill(
  vouchers: VoucherState,
  isEmpty: boolean,
  options: PlanOptions,
): UnixSeconds | null {
  const { dueAt, extraAt, began } = planRefill(vouchers, options);
  const { now, epoch, epochSeconds } = options;
  if (heldFor(vouchers, epoch).length === 0) return null;
  if (vouchers.usedAt < (epoch - WARM_EPOCHS) * epochSeconds) return null;
  if (isEmpty && !began && extraAt === null) return now;
  if (dueAt === null || extraAt === null) return dueAt ?? extraAt;
  return Math.min(dueAt, extraAt);
}

/** A token was used: the client stays warm, and refills once more if few are left. */
export function noteUse(vouchers: VoucherState, rested: number, options: PlanOptions): void {
  const { now, epochSeconds, random } = options;
  vouchers.usedAt = now;
  const schedule = planRefill(vouchers, options);
  if (rested >= FEW_TOKENS || schedule.extraAt !== null) return;
  const least = Math.max(1, Math.floor(Math.min(900, epochSeconds / 96)));
  vouchers.schedule = { ...schedule, extraAt: now + least + randomBelow(3 * least, random) };
}

/** A refill begins: the times that were due are over. That of an empty wallet is the refill of its epoch. */
export function beginRefill(vouchers: VoucherState, isEmpty: boolean, options: PlanOptions): void {
  const schedule = planRefill(vouchers, options);
  const later = (time: UnixSeconds | null): UnixSeconds | null =>
    time !== null && time > options.now ? time : null;
  const dueAt = isEmpty ? null : later(schedule.dueAt);
  vouchers.schedule = { ...schedule, dueAt, extraAt: later(schedule.extraAt), began: true };
}

/** A refill was not sent, which is certain: it is due again in minutes. */
export function postponeRefill(vouchers: VoucherState, options: PlanOptions): void {
  const { now, epochSeconds, random } = options;
  const schedule = planRefill(vouchers, options);
  vouchers.schedule = { ...schedule, dueAt: schedule.dueAt ?? retryTime(now, epochSeconds, random) };
}

/** When vouchers may be there again: at the next epoch with some, or after the next issuance. */
export function nextVouchers(vouchers: VoucherState, options: PlanOptions): UnixSeconds {
  const { epoch, epochSeconds } = options;
  const later = vouchers.held.map((one) => one.epoch).filter((one) => one > epoch);
  if (later.length > 0) return Math.min(...later) * epochSeconds;
  const start = (lastOfPeriod(epoch, vouchers.period) + 1) * epochSeconds;
  const planned = planIssuance(vouchers, options);
  return planned === null || planned.first > epoch ? start : planned.dueAt;
}

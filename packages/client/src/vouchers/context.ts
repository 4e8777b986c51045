import { acceptedUntil, epochIndexAt, type UnixSeconds } from '@sotto/wire';
import type { BundleCache } from '../bundle-cache.ts';
import type { IssuanceDeps } from '../issuance.ts';
import type { ClientPlatform } from '../platform.ts';
import type { WalletState } from '../wallet/state.ts';
import type { PlanOptions } from './plan.ts';
import type { RefillDeps } from './refill.ts';

/** A request that was sent by a page which was closed counts as failed after this time. */
const IN_FLIGHT_SECONDS = 60;

/** What vouchers need. */
export interface VouchersDeps
  extends IssuanceDeps, RefillDeps, Pick<ClientPlatform, 'wallet' | 'random' | 'now'> {
  readonly bundles: BundleCache;
  /** The services that the application uses. */
  readonly services: readonly string[];
}

/** Why a refill happens. `user`: an act of the user needs a token now. */
export type RefillCause = 'schedule' | 'user';

/** Options of the plan in an epoch. */
export const planOptions = ({ now, epochSeconds, random }: VouchersDeps, epoch: number): PlanOptions => ({
  now: now(),
  epoch,
  epochSeconds,
  random,
});

/**
 * The epoch by this clock. If the bundle of the next one was accepted already, because the clock is a little behind, it is
 * that one.
 */
export function epochOfClock({ now, epochSeconds }: VouchersDeps, { sequence }: WalletState): number {
  const epoch = epochIndexAt(now(), epochSeconds);
  return sequence === epoch + 1 ? sequence : epoch;
}

/** Until when a request counts as in flight; null if none does. A time in the future was written by a clock that was ahead. */
export function inFlightUntil(
  { now }: VouchersDeps,
  sent: { readonly sentAt: UnixSeconds | null } | null,
): UnixSeconds | null {
  const sentAt = sent?.sentAt ?? null;
  if (sentAt === null) return null;
  const age = now() - sentAt;
  return age >= 0 && age < IN_FLIGHT_SECONDS ? sentAt + IN_FLIGHT_SECONDS : null;
}

/** Whether a service of the application has no valid token. */
export function isEmpty({ services, now, epochSeconds }: VouchersDeps, { tokens }: WalletState): boolean {
  const valid = tokens.filter(({ epoch }) => acceptedUntil(epoch, epochSeconds) > now());
  return services.some((service) => !valid.some((token) => token.service === service));
}

import { acceptedUntil, epochIndexAt } from '@sotto/wire';
import type { BundleCache } from '../bundle-cache.ts';
import type { IssuanceDeps } from '../issuance.ts';
import type { ClientPlatform } from '../platform.ts';
import type { WalletState } from '../wallet/state.ts';
import type { PlanOptions } from './plan.ts';
import type { RefillDeps } from './refill.ts';

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

/** Whether a service of the application has no valid token. */
export function isEmpty({ services, now, epochSeconds }: VouchersDeps, { tokens }: WalletState): boolean {
  const valid = tokens.filter(({ epoch }) => acceptedUntil(epoch, epochSeconds) > now());
  return services.some((service) => !valid.some((token) => token.service === service));
}

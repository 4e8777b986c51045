import { epochIndexAt } from '@sotto/wire';
import type { BundleCache } from '../bundle-cache.ts';
import type { IssuanceDeps } from '../issuance.ts';
import type { ClientPlatform } from '../platform.ts';
import type { WalletState } from '../wallet/state.ts';
import { usableTokens, type TokenRules } from '../wallet/tokens.ts';
import type { PlanOptions } from './plan.ts';
import type { RefillDeps } from './refill.ts';

/** What vouchers need. */
export interface VouchersDeps
  extends IssuanceDeps, RefillDeps, Pick<ClientPlatform, 'wallet' | 'random' | 'now'> {
  readonly bundles: BundleCache;
  /** The services that the application uses. */
  readonly services: readonly string[];
  readonly restSeconds: number;
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

/** What decides which tokens can be used now, in a request without consent to fresh ones. */
export const tokenRules = ({
  now,
  epochSeconds,
  restSeconds,
}: Pick<VouchersDeps, 'now' | 'epochSeconds' | 'restSeconds'>): TokenRules => ({
  now: now(),
  epochSeconds,
  restSeconds,
});

/**
 * Whether a service of the application has no usable token. Only services that a voucher buys tokens of count: any other
 * would stay empty, and every refill would happen at once instead of at its random time.
 */
export function isEmpty(deps: VouchersDeps, state: WalletState): boolean {
  const bought = deps.services.filter((service) => state.vouchers?.services.includes(service));
  return bought.some((service) => usableTokens(state, service, tokenRules(deps)).length === 0);
}

import { DEFAULTS } from '../bench/scale-model.ts';
import type { Findings } from './model.ts';
import type { Scheme } from './schemes.ts';

const BATCH = 30; // tokens of a batch, and of a refill
const SIGNING = 7.8; // ms of `issue-cpu`: the signing of a batch
const VOUCHERS = 7 * 3; // of an issuance: a period of epochs, three each

/**
 * The servers' cost of issuance and refills of one device per day, by the measured parts of `npm run scale`,
 * without searches.
 */
export interface Cost {
  /** Milliseconds of CPU, including the relay. */
  readonly cpu: number;
  /** Rows written: one for each issuance and for each voucher spent. */
  readonly rows: number;
}

export function costOf(scheme: Scheme, { requestsADay, refillsADay }: Findings): Cost {
  const isByVouchers = scheme === 'vouchers' || scheme === 'refills on demand';
  const issuance = DEFAULTS['issue-cpu'] - SIGNING + (isByVouchers ? VOUCHERS : BATCH) * (SIGNING / BATCH);
  const refill = DEFAULTS['relay-cpu'] + DEFAULTS['gateway-cpu'] + DEFAULTS['redeem-cpu'] + SIGNING;
  return { cpu: requestsADay * issuance + refillsADay * refill, rows: requestsADay + refillsADay };
}

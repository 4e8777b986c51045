import type { CounterFamily } from '@sotto/service/metrics';

/** The prefix of every metric. */
export const METRICS_PREFIX = 'sotto_issuer';

/** What is counted. Labels come from closed sets: services, outcomes and reasons. */
export const COUNTER_FAMILIES: readonly CounterFamily[] = [
  { name: 'issued', help: 'Tokens issued.', label: 'service' },
  { name: 'redeemed', help: 'Redemptions by outcome.', label: 'outcome' },
  { name: 'refused', help: 'Issuance requests refused, by reason.', label: 'reason' },
];

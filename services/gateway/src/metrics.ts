import type { CounterFamily } from '@sotto/service/metrics';

/** Outcomes are codes of our own problems: a closed set. */
export const FAMILIES: readonly CounterFamily[] = [
  { name: 'outcomes', help: 'Requests by outcome.', label: 'code' },
];

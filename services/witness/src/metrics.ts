import type { CounterFamily } from '@sotto/service/metrics';

/** Outcomes are codes of our own problems, `ok`, `partial` or `conflict`: a closed set. */
export const FAMILIES: readonly CounterFamily[] = [
  { name: 'outcomes', help: 'Submissions by outcome.', label: 'code' },
];

import type { CounterFamily } from '@sotto/service/metrics';

/** Outcomes are codes of our own problems: a closed set. */
export const FAMILIES: readonly CounterFamily[] = [
  { name: 'outcomes', help: 'Requests by outcome.', label: 'code' },
  {
    name: 'unexpected_fields',
    help: 'Requests refused for an outer field that could identify a client, by the field.',
    label: 'field',
  },
  {
    name: 'unreadable_epochs',
    help: 'Epochs whose stored keys could not be used, by what failed.',
    label: 'what',
  },
];

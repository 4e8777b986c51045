import type { CounterFamily, Tally } from '@sotto/service/metrics';
import { hex, type Bytes } from '@sotto/wire';

/** The prefix of every metric. */
export const METRICS_PREFIX = 'sotto_issuer';

/** The counters. Labels come from closed sets: services, outcomes and reasons. */
export const COUNTER_FAMILIES: readonly CounterFamily[] = [
  { name: 'issued', help: 'Accounts that were issued tokens, each once in an epoch.', label: 'service' },
  { name: 'refilled', help: 'Refills by outcome.', label: 'outcome' },
  { name: 'redeemed', help: 'Redemptions by outcome.', label: 'outcome' },
  {
    name: 'refused',
    help: 'Accounts whose issuance was refused, each once in an epoch, and requests without an account.',
    label: 'reason',
  },
];

const MAX_SEEN = 100_000;

/**
 * Counts each account once in a cell and epoch: neither its tokens nor its repeated requests move a counter over the
 * next step, where another account's single request would show.
 */
export class AccountTally {
  readonly #tally: Pick<Tally, 'count'>;
  readonly #seen = new Set<string>(); // hashes differ in every epoch, so those of past epochs only take up memory

  constructor(tally: Pick<Tally, 'count'>) {
    this.#tally = tally;
  }

  count(cell: string, account: Bytes): void {
    const key = `${cell} ${hex(account)}`;
    if (this.#seen.has(key)) return;
    if (this.#seen.size >= MAX_SEEN) this.#seen.clear();
    this.#seen.add(key);
    this.#tally.count(cell);
  }
}

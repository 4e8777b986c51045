import { setImmediate as turn } from 'node:timers/promises';
import { hex } from '@sotto/wire';
import type { Spend, SpendOutcome } from '../../services/issuer/src/ports.ts';
import type { Replace } from './machine.ts';

/** Faulty stores that a reviewer might overlook. The simulation must detect them. */

/** A read, an `await`, and only then the insert. */
export const awaitBeforeInsert: Replace = (real) => {
  const tags = new Map<string, string>();
  return {
    async spend(_ledger, { id, tag }: Spend): Promise<SpendOutcome> {
      const known = tags.get(hex(id));
      await turn(); // the mutation
      if (known !== undefined) return known === hex(tag) ? 'again' : 'spent';
      tags.set(hex(id), hex(tag));
      return 'first';
    },
    close: (ledger) => real.close(ledger),
  };
};

/** Rows without a unique key on the token: each request adds its own row. */
export const noUniqueKey: Replace = (real) => ({
  spend: (ledger, spend) => real.spend(ledger, { ...spend, id: spend.tag }),
  close: (ledger) => real.close(ledger),
});

/** A store in memory only: a restart loses it. */
export const inMemory: Replace = (real) => {
  const seen = new Set<string>();
  return {
    async spend(_ledger, { id }: Spend): Promise<SpendOutcome> {
      if (seen.has(hex(id))) return 'spent';
      seen.add(hex(id));
      return 'first';
    },
    close: (ledger) => real.close(ledger),
  };
};

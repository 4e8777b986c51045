import { setImmediate as turn } from 'node:timers/promises';
import { hex } from '@sotto/wire';
import type { Spend, SpendOutcome } from '../../services/issuer/src/ports.ts';
import type { Replace } from './machine.ts';

/** Stores that a reviewer might have let through. The simulation must not. */

/** A look, an `await`, and only then the insert. */
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

/** Rows without a unique key on the token: each request has one of its own. */
export const noUniqueKey: Replace = (real) => ({
  spend: (ledger, spend) => real.spend(ledger, { ...spend, id: spend.tag }),
  close: (ledger) => real.close(ledger),
});

/** A store that is only in memory: a restart forgets it. */
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

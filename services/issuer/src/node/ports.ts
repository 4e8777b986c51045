import type { Store } from '@sotto/service/sqlite';
import type { FileFormat } from '@sotto/service/sqlite/file';
import { acceptedUntil, graceSeconds, monotonicClock, type UnixSeconds } from '@sotto/wire';
import type { KeyAuthority, Ledger, Quota, SpentTokens } from '../ports.ts';
import { lastQuotaEpoch } from '../quota-end.ts';
import { Schedule, type ScheduleDeps } from '../schedule.ts';
import { MIGRATIONS } from '../store/migrations.ts';
import { raiseRevision, sqlKeyStore } from '../store/keys.ts';
import { dropQuotasThrough, chargeQuota, usedQuota } from '../store/quota.ts';
import { closeLedger, dropLedger, ledgersToDrop, spendToken } from '../store/spent.ts';

/** The issuer's file. Keys, quotas and ledgers share it, so that losing the spent tokens also loses the keys they belong to. */
export const ISSUER_FILE: FileFormat = { applicationId: 0x53_6f_49_73, migrations: MIGRATIONS }; // "SoIs"

/** A key's ledger within the file: 48 bits of its id. */
export function ledgerNumber({ keyId }: Pick<Ledger, 'keyId'>): number {
  return keyId.subarray(0, 6).reduce((n, byte) => n * 256 + byte, 0);
}

/** @param onRevision - called with the revision of the store after a token was spent */
export function sqliteSpentTokens(
  { db, transact }: Store,
  now: () => UnixSeconds,
  onRevision: (revision: number) => void = () => {},
): SpentTokens {
  const clock = monotonicClock(now);
  return {
    async spend(ledger, spend) {
      const { outcome, revision } = await transact(() => {
        if (clock() >= ledger.end) return { outcome: 'ended' as const, revision: 0 };
        const decided = spendToken(db, ledgerNumber(ledger), spend);
        return { outcome: decided, revision: decided === 'first' ? raiseRevision(db) : 0 };
      });
      onRevision(revision);
      return outcome;
    },
    close: (ledger) => transact(() => closeLedger(db, ledgerNumber(ledger), ledger.end)),
  };
}

export function sqliteQuota(
  { db, transact }: Store,
  { now, epochSeconds }: { readonly now: () => UnixSeconds; readonly epochSeconds: number },
): Quota {
  const clock = monotonicClock(now);
  const isOver = (epoch: UnixSeconds): boolean => epoch <= lastQuotaEpoch(clock(), epochSeconds);
  return {
    charge: (charge) => transact(() => (isOver(charge.epoch) ? 'ended' : chargeQuota(db, charge))),
    used: (row) => transact(() => usedQuota(db, row)),
  };
}

export function sqliteKeys(deps: Omit<ScheduleDeps, 'store'> & Store): KeyAuthority {
  const { config, db, transact } = deps;
  const { epochSeconds } = config;
  const store = sqlKeyStore(deps, epochSeconds, (key) =>
    closeLedger(db, ledgerNumber(key), acceptedUntil(key.epoch, epochSeconds)),
  );
  const dropOver = async (settled: UnixSeconds): Promise<void> => {
    await transact(() => dropQuotasThrough(db, lastQuotaEpoch(settled, epochSeconds)));
    await dropEnded(deps, settled - graceSeconds(epochSeconds));
  };
  return new Schedule({ ...deps, store, dropOver });
}

/** Deletes the ledgers of destroyed keys in small transactions, so that others can commit in between. */
async function dropEnded({ db, transact }: Store, before: number): Promise<void> {
  for (const ledger of await transact(() => ledgersToDrop(db, before))) {
    while (await transact(() => dropLedger(db, ledger)));
  }
}

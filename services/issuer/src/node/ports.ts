import type { UnixSeconds } from '@sotto/wire';
import { acceptedUntil, graceSeconds, monotone } from '../epoch.ts';
import type { Counters, KeyAuthority, Ledger, Quota, SpentTokens } from '../ports.ts';
import { StoreError } from '../ports.ts';
import { Schedule, type ScheduleDeps } from '../schedule.ts';
import type { Database, Db } from '../store/database.ts';
import { dropQuotasBefore, takeQuota, usedQuota } from '../store/quota.ts';
import { closeLedger, dropLedger, ledgersToDrop, spendToken } from '../store/spent.ts';

const BUSY_MILLISECONDS = 200;
const STEP = 10; // milliseconds between two looks at a lock
const SQLITE_BUSY = 5;

/** Waits, in milliseconds; chosen by the entry file. */
export type Sleep = (milliseconds: number) => Promise<void>;

/**
 * Runs one synchronous block against the file. While another process has the lock it tries again for a
 * fifth of a second, without holding up anyone else; each try is the whole block.
 */
async function attempt<T>(sleep: Sleep, block: () => T): Promise<T> {
  for (let waited = 0; ; waited += STEP) {
    try {
      return block();
    } catch (error) {
      if (!isBusy(error) || waited >= BUSY_MILLISECONDS) {
        throw new StoreError('the file failed', { cause: error });
      }
    }
    await sleep(STEP);
  }
}

function isBusy(error: unknown): boolean {
  const { errcode, cause } = error as { errcode?: number; cause?: unknown };
  if (errcode !== undefined) return (errcode & 0xff) === SQLITE_BUSY;
  return cause instanceof Error && isBusy(cause);
}

/** A key's ledger within the file: 48 bits of its id. */
function ledgerNumber({ keyId }: Pick<Ledger, 'keyId'>): number {
  return keyId.subarray(0, 6).reduce((n, byte) => n * 256 + byte, 0);
}

export function sqliteSpentTokens({ db }: Database, now: () => UnixSeconds, sleep: Sleep): SpentTokens {
  const clock = monotone(now);
  return {
    spend: (ledger, spend) =>
      attempt(sleep, () => (clock() >= ledger.end ? 'ended' : spendToken(db, ledgerNumber(ledger), spend))),
    close: (ledger) => attempt(sleep, () => closeLedger(db, ledgerNumber(ledger), ledger.end)),
  };
}

export function sqliteQuota({ db }: Database, sleep: Sleep): Quota {
  return {
    take: (take) => attempt(sleep, () => takeQuota(db, take)),
    used: (row) => attempt(sleep, () => usedQuota(db, row)),
  };
}

export function sqliteKeys(deps: ScheduleDeps, sleep: Sleep): KeyAuthority {
  const { database, platform } = deps;
  const { db } = database;
  const { epochSeconds } = deps.config;
  const schedule = new Schedule({
    ...deps,
    onDestroyed: (keys) => {
      for (const key of keys) closeLedger(db, ledgerNumber(key), acceptedUntil(key.epoch, epochSeconds));
    },
  });
  return {
    async snapshot() {
      await attempt(sleep, () => schedule.run());
      const snapshot = await attempt(sleep, () => schedule.snapshot());
      await attempt(sleep, () => dropQuotasBefore(db, snapshot.epoch));
      await dropEnded(db, sleep, platform.now() - graceSeconds(epochSeconds));
      return snapshot;
    },
    list: () => attempt(sleep, () => schedule.list()),
    reserve: (keyId, count) => attempt(sleep, () => schedule.reserve(keyId, count)),
    retireAll: () => attempt(sleep, () => schedule.retireAll().length),
  };
}

/** Forgets the ledgers of destroyed keys, with a turn for everyone else between the steps. */
async function dropEnded(db: Db, sleep: Sleep, before: number): Promise<void> {
  for (const ledger of await attempt(sleep, () => ledgersToDrop(db, before))) {
    while (await attempt(sleep, () => dropLedger(db, ledger))) await sleep(0);
  }
}

/** Counts of this process: a scraper sees them begin again with it. */
export function memoryCounters(): Counters {
  const totals: Record<string, number> = {};
  return {
    async add(counts) {
      for (const [cell, count] of Object.entries(counts)) totals[cell] = (totals[cell] ?? 0) + count;
    },
    totals: async () => ({ ...totals }),
  };
}

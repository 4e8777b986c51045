import { acceptedUntil, graceSeconds, monotonicClock, type UnixSeconds } from '@sotto/wire';
import type { Counters, KeyAuthority, Ledger, Quota, SpentTokens } from '../ports.ts';
import type { Group } from './group.ts';
import { Schedule, type ScheduleDeps } from '../schedule.ts';
import type { Database, Db } from '../store/database.ts';
import { dropQuotasThrough, takeQuota, usedQuota } from '../store/quota.ts';
import { closeLedger, dropLedger, ledgersToDrop, spendToken } from '../store/spent.ts';

/** A key's ledger within the file: 48 bits of its id. */
function ledgerNumber({ keyId }: Pick<Ledger, 'keyId'>): number {
  return keyId.subarray(0, 6).reduce((n, byte) => n * 256 + byte, 0);
}

export function sqliteSpentTokens({ db }: Database, group: Group, now: () => UnixSeconds): SpentTokens {
  const clock = monotonicClock(now);
  return {
    spend: (ledger, spend) =>
      group.run(() => (clock() >= ledger.end ? 'ended' : spendToken(db, ledgerNumber(ledger), spend))),
    close: (ledger) => group.run(() => closeLedger(db, ledgerNumber(ledger), ledger.end)),
  };
}

/** What is no quota any more, by a clock that never runs backwards: as a Durable Object's own. */
const quotasOver = (now: UnixSeconds, epochSeconds: number): number =>
  now - epochSeconds - graceSeconds(epochSeconds);

export function sqliteQuota(
  { db }: Database,
  group: Group,
  { now, epochSeconds }: { readonly now: () => UnixSeconds; readonly epochSeconds: number },
): Quota {
  const clock = monotonicClock(now);
  const isOver = (epoch: UnixSeconds): boolean => epoch <= quotasOver(clock(), epochSeconds);
  return {
    take: (take) => group.run(() => (isOver(take.epoch) ? 'exhausted' : takeQuota(db, take))),
    used: (row) => group.run(() => usedQuota(db, row)),
  };
}

export function sqliteKeys(deps: ScheduleDeps, group: Group): KeyAuthority {
  const { database, platform } = deps;
  const { db } = database;
  const { epochSeconds } = deps.config;
  const schedule = new Schedule({
    ...deps,
    // The group is the atomic block.
    database: { db, atomically: (work) => work() },
    onDestroyed: (keys) => {
      for (const key of keys) closeLedger(db, ledgerNumber(key), acceptedUntil(key.epoch, epochSeconds));
    },
  });
  return {
    async snapshot() {
      await group.run(() => schedule.run());
      const snapshot = await group.run(() => schedule.snapshot());
      await group.run(() => dropQuotasThrough(db, quotasOver(platform.now(), epochSeconds)));
      await dropEnded(db, group, platform.now() - graceSeconds(epochSeconds));
      return snapshot;
    },
    list: () => group.run(() => schedule.list()),
    reserve: (keyId, count) => group.run(() => schedule.reserve(keyId, count)),
    retireAll: () => group.run(() => schedule.retireAll().length),
  };
}

/** Forgets the ledgers of destroyed keys, with a turn for everyone else between the steps. */
async function dropEnded(db: Db, group: Group, before: number): Promise<void> {
  for (const ledger of await group.run(() => ledgersToDrop(db, before))) {
    while (await group.run(() => dropLedger(db, ledger)));
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

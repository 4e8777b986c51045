import {
  codeOf,
  LINEAGE,
  LOCK_NOT_AVAILABLE,
  type PostgresDb,
  type PostgresStore,
} from '@sotto/service/postgres';
import { and, eq, inArray, sql } from 'drizzle-orm';
import { firstState, type KeyChange, type KeyStore, type StoredKeys } from '../key-store.ts';
import { requireSound, type ServerGuard } from './lineage.ts';
import { beginQuotas, endQuotas } from './quota.ts';
import { createLedger, issuerKeys, issuerState, ledgerName } from './schema.ts';

/** The channel on which other processes are told that keys were retired. */
export const RETIRED_CHANNEL = 'sotto_retired';

interface KeyStoreDeps {
  /** Keys and ledgers. */
  readonly store: PostgresStore;
  /** Quotas: the same store, or one on another cluster. */
  readonly quotaStore: PostgresStore;
  readonly guard: ServerGuard;
  readonly epochSeconds: number;
}

interface Known {
  readonly stored: StoredKeys;
  readonly isSameLineage: boolean;
  readonly hasStandby: boolean;
}

/** Keys in PostgreSQL. Making and destroying keys needs the lock of the state row. */
export function postgresKeyStore(deps: KeyStoreDeps): KeyStore {
  const { store, guard, epochSeconds } = deps;

  /** A change that changes nothing takes no lock. */
  async function read<T>(decide: (stored: StoredKeys) => KeyChange<T>): Promise<KeyChange<T> | null> {
    const known = await store.run((db) => readKnown(db, guard));
    if (known === null) return null;
    const change = decide(known.stored);
    if (!changes(change)) {
      requireSound(known);
      return change;
    }
    return null;
  }

  function write<T>(decide: (stored: StoredKeys) => KeyChange<T>, destroys: boolean): Promise<T> {
    return store.transact(async (tx) => {
      const known = await readLocked(tx, guard, epochSeconds);
      const change = decide(known.stored);
      const isRetirement = retires(known.stored, change);
      // Only a retirement is accepted on a server that was promoted or restored: it makes that server the right one.
      if (!isRetirement) requireSound(known);
      await carryOut(deps, tx, known.stored, destroys || isRetirement ? change : { ...change, destroy: [] });
      return change.result;
    });
  }

  return {
    async update(decide) {
      const unchanged = await read(decide);
      if (unchanged !== null) return unchanged.result;
      try {
        return await write(decide, true);
      } catch (error) {
        // A dump of the database holds a lock on every table. Dead keys wait until it ends; new keys do not.
        if (codeOf((error as Error).cause) !== LOCK_NOT_AVAILABLE) throw error;
        return write(decide, false);
      }
    },
    reserve: (...reservation) => store.run((db) => reserve(db, ...reservation)),
    raiseRevision: () =>
      store.run(async (db) => {
        const raised = { revision: sql`${issuerState.revision} + 1` };
        const [row] = await db.update(issuerState).set(raised).returning({ revision: issuerState.revision });
        return row?.revision ?? 0;
      }),
  };
}

async function reserve(
  db: PostgresDb,
  ...[keyId, count, ceilingOf]: Parameters<KeyStore['reserve']>
): Promise<boolean> {
  const isKey = eq(issuerKeys.keyId, keyId);
  const [key] = await db.select().from(issuerKeys).where(isKey);
  if (key === undefined) return false;
  const ceiling = ceilingOf(key.service);
  if (count === 0) return key.evaluations <= ceiling;
  const total = sql`${issuerKeys.evaluations} + ${count}`;
  const reserved = await db
    .update(issuerKeys)
    .set({ evaluations: total })
    .where(and(isKey, sql`${total} <= ${ceiling}`))
    .returning({ epoch: issuerKeys.epoch });
  return reserved.length === 1;
}

const changes = ({ state, destroy = [], add = [], rewrap = [] }: KeyChange<unknown>): boolean =>
  state !== undefined || destroy.length + add.length + rewrap.length > 0;

const retires = ({ state }: StoredKeys, change: KeyChange<unknown>): boolean =>
  change.state !== undefined && change.state.generation > state.generation;

/** State and keys in one statement, since two would see two moments. Null in a new database. */
async function readKnown(db: PostgresDb, { isSameLineage, hasStandby }: ServerGuard): Promise<Known | null> {
  const rows = await db
    .select({ state: issuerState, key: issuerKeys, isSameLineage, hasStandby })
    .from(issuerState)
    .leftJoin(issuerKeys, sql`true`)
    .where(eq(issuerState.id, 1))
    .orderBy(issuerKeys.epoch, issuerKeys.service, issuerKeys.type);
  const [first] = rows;
  if (first === undefined) return null;
  const { id: _id, lineage: _lineage, ...state } = first.state;
  const keys = rows.flatMap(({ key }) => (key === null ? [] : [key]));
  return { stored: { state, keys }, isSameLineage: first.isSameLineage, hasStandby: first.hasStandby };
}

/** The same, after the lock was granted: what others changed before is in it. */
async function readLocked(tx: PostgresDb, guard: ServerGuard, epochSeconds: number): Promise<Known> {
  const first = { id: 1, ...firstState(epochSeconds), lineage: LINEAGE };
  // Other processes hold this lock for a moment. A dump holds those of the tables that are dropped later for longer.
  await tx.execute(sql`set local lock_timeout = 0`);
  await tx.insert(issuerState).values(first).onConflictDoNothing();
  await tx.select({ id: issuerState.id }).from(issuerState).for('update');
  await tx.execute(sql`set local lock_timeout = 1500`);
  const known = await readKnown(tx, guard);
  if (known === null) throw new Error('the state row is missing after it was inserted');
  return known;
}

async function carryOut(
  { store, quotaStore }: KeyStoreDeps,
  tx: PostgresDb,
  stored: StoredKeys,
  change: KeyChange<unknown>,
): Promise<void> {
  const { state, destroy = [], add = [], rewrap = [] } = change;
  // Quotas on a cluster of their own change first. Whatever fails after that, no evaluation is signed without being counted.
  const quotas = (work: (db: PostgresDb) => Promise<void>): Promise<void> =>
    quotaStore === store ? work(tx) : quotaStore.transact(work);
  if (state !== undefined) {
    await tx.update(issuerState).set(retires(stored, change) ? { ...state, lineage: LINEAGE } : state);
    if (state.retiredThrough > stored.state.retiredThrough) {
      await quotas((db) => endQuotas(db, state.retiredThrough));
    }
  }
  if (destroy.length > 0) {
    const ids = destroy.map(({ keyId }) => keyId);
    await tx.delete(issuerKeys).where(inArray(issuerKeys.keyId, ids));
    for (const { keyId } of destroy) await tx.execute(sql.raw(`drop table if exists ${ledgerName(keyId)}`));
  }
  for (const epoch of new Set(add.map((key) => key.epoch))) await quotas((db) => beginQuotas(db, epoch));
  for (const key of add) {
    await tx.insert(issuerKeys).values(key);
    await tx.execute(sql.raw(createLedger(ledgerName(key.keyId))));
  }
  for (const { row, after } of rewrap) {
    const isSame = and(eq(issuerKeys.keyId, row.keyId), eq(issuerKeys.wrapped, row.wrapped));
    await tx.update(issuerKeys).set({ wrapped: after }).where(isSame);
  }
  if (retires(stored, change)) await tx.execute(sql.raw(`notify ${RETIRED_CHANNEL}`));
}

import type { Db, Store } from '@sotto/service/sqlite';
import type { Bytes } from '@sotto/wire';
import { and, eq, sql } from 'drizzle-orm';
import { firstState, type IssuerState, type KeyRow, type KeyStore, type StoredKeys } from '../key-store.ts';
import { prepared } from './prepared.ts';
import { issuerKeys, issuerState } from './schema.ts';

/** The keys and the state of an issuer in SQLite. @param closeLedger - called with each key that is destroyed, in the same transaction */
export function sqlKeyStore(
  { db, transact }: Store,
  epochSeconds: number,
  closeLedger: (key: KeyRow) => void = () => {},
): KeyStore {
  return {
    update: (decide) =>
      transact(() => {
        const { result, state, destroy = [], add = [], rewrap = [] } = decide(readStored(db, epochSeconds));
        if (state !== undefined) writeState(db, state);
        for (const key of destroy) {
          deleteKey(db, key);
          closeLedger(key);
        }
        for (const key of add) db.insert(issuerKeys).values(key).run();
        for (const { row, after } of rewrap) replaceWrapped(db, row, after);
        return result;
      }),
    reserve: (keyId, count, ceilingOf) =>
      transact(() => {
        const row = db.select().from(issuerKeys).where(eq(issuerKeys.keyId, keyId)).get();
        if (row === undefined) return false;
        const ceiling = ceilingOf(row.service);
        if (count === 0) return row.evaluations <= ceiling; // isolates check this often, and written rows are billed
        return reserveEvaluations(db, keyId, count, ceiling);
      }),
    raiseRevision: () => transact(() => raiseRevision(db)),
  };
}

function readStored(db: Db, epochSeconds: number): StoredKeys {
  const state = db.select().from(issuerState).get() ?? firstState(epochSeconds);
  const order = [issuerKeys.epoch, issuerKeys.service, issuerKeys.type];
  return {
    state,
    keys: db
      .select()
      .from(issuerKeys)
      .orderBy(...order)
      .all(),
  };
}

/** Raises the revision of the store, and returns it. */
export function raiseRevision(db: Db): number {
  return raise(db).get()?.revision ?? 0;
}

const raise = prepared((db) =>
  db
    .update(issuerState)
    .set({ revision: sql`${issuerState.revision} + 1` })
    .returning({ revision: issuerState.revision })
    .prepare(),
);

function writeState(db: Db, state: IssuerState): void {
  db.insert(issuerState)
    .values({ id: 1, ...state })
    .onConflictDoUpdate({ target: issuerState.id, set: { ...state } })
    .run();
}

/** Replaces a wrapped secret that is still as it was. */
function replaceWrapped(db: Db, { keyId, wrapped }: KeyRow, after: Bytes): void {
  const isSame = and(eq(issuerKeys.keyId, keyId), eq(issuerKeys.wrapped, wrapped));
  db.update(issuerKeys).set({ wrapped: after }).where(isSame).run();
}

function deleteKey(db: Db, { keyId }: KeyRow): void {
  db.delete(issuerKeys).where(eq(issuerKeys.keyId, keyId)).run();
}

/** Reserves evaluations of a key's ceiling: all of them, or none. */
function reserveEvaluations(db: Db, keyId: Bytes, count: number, ceiling: number): boolean {
  const reserved = db
    .update(issuerKeys)
    .set({ evaluations: sql`${issuerKeys.evaluations} + ${count}` })
    .where(and(eq(issuerKeys.keyId, keyId), sql`${issuerKeys.evaluations} + ${count} <= ${ceiling}`))
    .returning({ epoch: issuerKeys.epoch })
    .all();
  return reserved.length === 1;
}

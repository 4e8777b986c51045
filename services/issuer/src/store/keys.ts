import type { Db } from '@sotto/service/sqlite';
import type { Bytes } from '@sotto/wire';
import { and, eq, lte, sql } from 'drizzle-orm';
import { prepared } from './prepared.ts';
import { issuerKeys, issuerState } from './schema.ts';

export type KeyRow = typeof issuerKeys.$inferSelect;
export type IssuerState = Omit<typeof issuerState.$inferSelect, 'id'>;

/** The state of the store, or the initial state of an empty store with epochs of this length. */
export function readState(db: Db, epochSeconds: number): IssuerState {
  const first = {
    epoch: 0,
    generation: 0,
    retiredThrough: -1,
    epochSeconds,
    issuerName: null,
    accountKeyId: null,
    revision: 0,
  };
  return db.select().from(issuerState).get() ?? first;
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

export function writeState(db: Db, state: IssuerState): void {
  db.insert(issuerState)
    .values({ id: 1, ...state })
    .onConflictDoUpdate({ target: issuerState.id, set: { ...state } })
    .run();
}

export function allKeys(db: Db): KeyRow[] {
  return db.select().from(issuerKeys).orderBy(issuerKeys.epoch, issuerKeys.service, issuerKeys.type).all();
}

/** Throws if there is a key of its service, epoch and type, or one with its truncated id. */
export function insertKey(db: Db, row: typeof issuerKeys.$inferInsert): void {
  db.insert(issuerKeys).values(row).run();
}

/** Replaces a wrapped secret that is still as it was. */
export function replaceWrapped(db: Db, { keyId, wrapped }: KeyRow, after: Bytes): void {
  const isSame = and(eq(issuerKeys.keyId, keyId), eq(issuerKeys.wrapped, wrapped));
  db.update(issuerKeys).set({ wrapped: after }).where(isSame).run();
}

/** Deletes every key whose epoch began at this moment or earlier, and returns them. */
export function deleteKeysThrough(db: Db, epoch: number): KeyRow[] {
  return db.delete(issuerKeys).where(lte(issuerKeys.epoch, epoch)).returning().all();
}

export function deleteKeys(db: Db, keys: readonly Pick<KeyRow, 'keyId'>[]): void {
  for (const { keyId } of keys) db.delete(issuerKeys).where(eq(issuerKeys.keyId, keyId)).run();
}

/** Reserves evaluations of a key's ceiling: all of them, or none. */
export function reserveEvaluations(db: Db, keyId: Bytes, count: number, ceiling: number): boolean {
  const reserved = db
    .update(issuerKeys)
    .set({ evaluations: sql`${issuerKeys.evaluations} + ${count}` })
    .where(and(eq(issuerKeys.keyId, keyId), sql`${issuerKeys.evaluations} + ${count} <= ${ceiling}`))
    .returning({ epoch: issuerKeys.epoch })
    .all();
  return reserved.length === 1;
}

import { and, asc, between, eq, isNull, lt } from 'drizzle-orm';
import type { SQLiteAsyncDatabase } from 'drizzle-orm/sqlite-core';
import { base64url, fromBase64url } from '@sotto/wire';
import type { KeyStore, StoredBundle, StoredEpoch } from '../ports.ts';
import { bundles, destroyed, ohttpKeys, tagKeys } from './schema.ts';

/** A database that answers at once: a Durable Object's, or node:sqlite. */
export type SyncDatabase = SQLiteAsyncDatabase<'sync', unknown>;

/** The port's methods as this store has them: at once. */
export type SyncKeyStore = {
  [Method in keyof KeyStore]: (
    ...args: Parameters<KeyStore[Method]>
  ) => Awaited<ReturnType<KeyStore[Method]>>;
};

/** Runs a block of statements whole or not at all. */
type Atomically = <T>(work: () => T) => T;

/**
 * Key epochs and bundles in SQLite. Every method is one synchronous block: nothing comes between.
 *
 * @param atomically - a transaction of `db`, unless whoever calls is in one
 */
export function sqlKeyStore(
  db: SyncDatabase,
  atomically: Atomically = (work) => db.transaction(() => work() as never),
): SyncKeyStore {
  const floor = (): number => db.select().from(destroyed).get()?.before ?? 0;
  return {
    epochs(from, to) {
      const keys = db
        .select()
        .from(ohttpKeys)
        .where(between(ohttpKeys.epochIndex, from, to))
        .orderBy(asc(ohttpKeys.kemId))
        .all();
      const rows = db
        .select()
        .from(tagKeys)
        .where(between(tagKeys.epochIndex, from, to))
        .orderBy(asc(tagKeys.epochIndex))
        .all();
      return rows.map(({ epochIndex, wrapped }): StoredEpoch => ({
        epochIndex,
        tagKey: fromBase64url(wrapped),
        keys: keys
          .filter((key) => key.epochIndex === epochIndex)
          .map(({ kemId, keyId, publicKey, wrapped: privateKey }) => ({
            kemId,
            keyId,
            publicKey: fromBase64url(publicKey),
            wrapped: fromBase64url(privateKey),
          })),
      }));
    },
    add(epochs) {
      atomically(() => {
        const least = floor();
        for (const { epochIndex, keys, tagKey } of epochs) {
          if (epochIndex < least) continue;
          const row = { epochIndex, wrapped: base64url(tagKey) };
          const isNew = db.insert(tagKeys).values(row).onConflictDoNothing().returning().all().length === 1;
          if (!isNew) continue;
          for (const { kemId, keyId, publicKey, wrapped } of keys) {
            const key = {
              epochIndex,
              kemId,
              keyId,
              publicKey: base64url(publicKey),
              wrapped: base64url(wrapped),
            };
            db.insert(ohttpKeys).values(key).run();
          }
        }
      });
    },
    destroy(before) {
      atomically(() => {
        for (const table of [ohttpKeys, tagKeys, bundles]) {
          db.delete(table).where(lt(table.epochIndex, before)).run();
        }
        const row = { id: 0, before: Math.max(before, floor()) };
        db.insert(destroyed).values(row).onConflictDoUpdate({ target: destroyed.id, set: row }).run();
      });
    },
    bundles(from, to) {
      const within = between(bundles.epochIndex, from, to);
      const rows = db.select().from(bundles).where(within).orderBy(asc(bundles.epochIndex)).all();
      return rows.map(({ epochIndex, bundle, signature }): StoredBundle => ({
        epochIndex,
        bundle: fromBase64url(bundle),
        signature: signature === null ? null : fromBase64url(signature),
      }));
    },
    offer(offered) {
      atomically(() => {
        const least = floor();
        for (const { epochIndex, bundle } of offered) {
          if (epochIndex < least) continue;
          const set = { bundle: base64url(bundle) };
          db.insert(bundles)
            .values({ epochIndex, ...set })
            .onConflictDoUpdate({ target: bundles.epochIndex, set, setWhere: isNull(bundles.signature) })
            .run();
        }
      });
    },
    sign({ epochIndex, bundle, signature }) {
      const ofThis = and(eq(bundles.epochIndex, epochIndex), eq(bundles.bundle, base64url(bundle)));
      const set = { signature: base64url(signature) };
      return db.update(bundles).set(set).where(ofThis).returning().all().length === 1;
    },
  };
}

import { and, asc, between, eq, isNull, lt } from 'drizzle-orm';
import type { SQLiteAsyncDatabase } from 'drizzle-orm/sqlite-core';
import { base64url, fromBase64url } from '@sotto/wire';
import type { KeyStore, StoredBundle, StoredSlot } from '../ports.ts';
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
 * Key slots and bundles in SQLite. Every method is one synchronous block: nothing comes between.
 *
 * @param atomically - a transaction of `db`, unless whoever calls is in one
 */
export function sqlKeyStore(
  db: SyncDatabase,
  atomically: Atomically = (work) => db.transaction(() => work() as never),
): SyncKeyStore {
  const floor = (): number => db.select().from(destroyed).get()?.before ?? 0;
  return {
    slots(from, to) {
      const keys = db
        .select()
        .from(ohttpKeys)
        .where(between(ohttpKeys.sequence, from, to))
        .orderBy(asc(ohttpKeys.kemId))
        .all();
      const rows = db
        .select()
        .from(tagKeys)
        .where(between(tagKeys.sequence, from, to))
        .orderBy(asc(tagKeys.sequence))
        .all();
      return rows.map(({ sequence, wrapped }): StoredSlot => ({
        sequence,
        tagKey: fromBase64url(wrapped),
        keys: keys
          .filter((key) => key.sequence === sequence)
          .map(({ kemId, keyId, publicKey, wrapped: privateKey }) => ({
            kemId,
            keyId,
            publicKey: fromBase64url(publicKey),
            wrapped: fromBase64url(privateKey),
          })),
      }));
    },
    add(slots) {
      atomically(() => {
        const least = floor();
        for (const { sequence, keys, tagKey } of slots) {
          if (sequence < least) continue;
          const row = { sequence, wrapped: base64url(tagKey) };
          const isNew = db.insert(tagKeys).values(row).onConflictDoNothing().returning().all().length === 1;
          if (!isNew) continue;
          for (const { kemId, keyId, publicKey, wrapped } of keys) {
            const key = {
              sequence,
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
          db.delete(table).where(lt(table.sequence, before)).run();
        }
        const row = { id: 0, before: Math.max(before, floor()) };
        db.insert(destroyed).values(row).onConflictDoUpdate({ target: destroyed.id, set: row }).run();
      });
    },
    bundles(from, to) {
      const within = between(bundles.sequence, from, to);
      const rows = db.select().from(bundles).where(within).orderBy(asc(bundles.sequence)).all();
      return rows.map(({ sequence, bundle, signature }): StoredBundle => ({
        sequence,
        bundle: fromBase64url(bundle),
        signature: signature === null ? null : fromBase64url(signature),
      }));
    },
    offer(offered) {
      atomically(() => {
        const least = floor();
        for (const { sequence, bundle } of offered) {
          if (sequence < least) continue;
          const set = { bundle: base64url(bundle) };
          db.insert(bundles)
            .values({ sequence, ...set })
            .onConflictDoUpdate({ target: bundles.sequence, set, setWhere: isNull(bundles.signature) })
            .run();
        }
      });
    },
    sign({ sequence, bundle, signature }) {
      const ofThis = and(eq(bundles.sequence, sequence), eq(bundles.bundle, base64url(bundle)));
      const set = { signature: base64url(signature) };
      return db.update(bundles).set(set).where(ofThis).returning().all().length === 1;
    },
  };
}

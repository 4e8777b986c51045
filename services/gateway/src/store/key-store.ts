import type { Database, Synchronous } from '@sotto/service/sqlite';
import { and, asc, between, eq, inArray, isNull, lt, sql } from 'drizzle-orm';
import type { RevisionStore } from '../issuer.ts';
import type { KeyStore, StoredEpoch } from '../ports.ts';
import { bundles, destroyed, issuerRevision, ohttpKeys, tagKeys } from './schema.ts';

/** Keys and bundles in SQLite, by epoch. Every method is one transaction. */
export function sqlKeyStore(database: Database): Synchronous<KeyStore> {
  return { ...epochStore(database), ...bundleStore(database), ...revisionStore(database) };
}

/** The first epoch that may exist. */
const floorOf = (db: Database['db']): number => db.select().from(destroyed).get()?.before ?? 0;

/** Epochs with their keys. Destroying or discarding an epoch also deletes its bundle. */
function epochStore({
  db,
  atomically,
}: Database): Synchronous<Pick<KeyStore, 'epochs' | 'add' | 'destroy' | 'discard' | 'rewrap'>> {
  return {
    epochs: (from, to) => epochsWithin(db, from, to),
    add(epochs) {
      atomically(() => {
        const least = floorOf(db);
        for (const { epochIndex, keys, tagKey } of epochs) {
          if (epochIndex < least) continue;
          const row = { epochIndex, wrapped: tagKey };
          const isNew = db.insert(tagKeys).values(row).onConflictDoNothing().returning().all().length === 1;
          if (!isNew) continue;
          for (const key of keys)
            db.insert(ohttpKeys)
              .values({ epochIndex, ...key })
              .run();
        }
      });
    },
    destroy(before) {
      atomically(() => {
        for (const table of [ohttpKeys, tagKeys, bundles]) {
          db.delete(table).where(lt(table.epochIndex, before)).run();
        }
        const row = { id: 0, before: Math.max(before, floorOf(db)) };
        db.insert(destroyed).values(row).onConflictDoUpdate({ target: destroyed.id, set: row }).run();
      });
    },
    discard(epochIndexes) {
      atomically(() => {
        for (const table of [ohttpKeys, tagKeys, bundles]) {
          db.delete(table)
            .where(inArray(table.epochIndex, [...epochIndexes]))
            .run();
        }
      });
    },
    rewrap(changes) {
      atomically(() => {
        for (const { epochIndex, kemId, before, after } of changes) {
          const table = kemId === null ? tagKeys : ohttpKeys;
          const ofKem = kemId === null ? undefined : eq(ohttpKeys.kemId, kemId);
          const isThis = and(eq(table.epochIndex, epochIndex), eq(table.wrapped, before), ofKem);
          db.update(table).set({ wrapped: after }).where(isThis).run();
        }
      });
    },
  };
}

/** The keys of the epochs from `from` to `to`, both included. */
function epochsWithin(db: Database['db'], from: number, to: number): StoredEpoch[] {
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
  return rows.map(({ epochIndex, wrapped }) => ({
    epochIndex,
    tagKey: wrapped,
    keys: keys
      .filter((key) => key.epochIndex === epochIndex)
      .map(({ epochIndex: _epochIndex, ...key }) => key),
  }));
}

/** Bundles with the signatures of the root and the proofs of a log. */
function bundleStore({
  db,
  atomically,
}: Database): Synchronous<Pick<KeyStore, 'bundles' | 'offer' | 'withdraw' | 'sign'>> {
  return {
    bundles(from, to) {
      const within = between(bundles.epochIndex, from, to);
      return db.select().from(bundles).where(within).orderBy(asc(bundles.epochIndex)).all();
    },
    offer(offered) {
      atomically(() => {
        const least = floorOf(db);
        for (const { epochIndex, bundle } of offered) {
          if (epochIndex < least) continue;
          db.insert(bundles)
            .values({ epochIndex, bundle })
            .onConflictDoUpdate({
              target: bundles.epochIndex,
              set: { bundle },
              setWhere: isNull(bundles.signature),
            })
            .run();
        }
      });
    },
    withdraw(epochIndexes) {
      db.delete(bundles)
        .where(and(inArray(bundles.epochIndex, [...epochIndexes]), isNull(bundles.proof)))
        .run();
    },
    sign({ epochIndex, bundle, signature, signature1, proof }) {
      const sameBundle = and(eq(bundles.epochIndex, epochIndex), eq(bundles.bundle, bundle));
      const values = { signature, signature1, ...(proof !== null && { proof }) };
      return db.update(bundles).set(values).where(sameBundle).returning().all().length === 1;
    },
  };
}

/** The newest revision of the issuer's keys that was seen. */
function revisionStore({ db }: Database): Synchronous<RevisionStore> {
  return {
    issuerRevision() {
      return db.select().from(issuerRevision).get()?.revision ?? 0;
    },
    rememberIssuerRevision(revision) {
      db.insert(issuerRevision)
        .values({ id: 0, revision })
        .onConflictDoUpdate({
          target: issuerRevision.id,
          set: { revision: sql`max(${issuerRevision.revision}, ${revision})` },
        })
        .run();
    },
  };
}

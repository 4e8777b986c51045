import type { PostgresDb, PostgresStore } from '@sotto/service/postgres';
import { and, asc, between, eq, inArray, isNull, lt, sql } from 'drizzle-orm';
import type { RevisionStore } from '../issuer.ts';
import type { KeyStore, StoredEpoch, StoredKey } from '../ports.ts';
import { bundles, destroyed, issuerRevision, ohttpKeys, tagKeys } from './schema.ts';

/** Every bigint of a schema is read as a number. */
const MAX = Number.MAX_SAFE_INTEGER;

/**
 * Keys and bundles in PostgreSQL, for any number of processes. Each method is one transaction, and takes its epochs in their
 * order, so that two processes never wait for each other.
 */
export function postgresKeyStore(store: PostgresStore): KeyStore {
  return { ...epochStore(store), ...bundleStore(store), ...revisionStore(store) };
}

/** Epochs with their keys. Destroying or discarding an epoch also deletes its bundle. */
function epochStore({
  run,
  transact,
}: PostgresStore): Pick<KeyStore, 'epochs' | 'add' | 'destroy' | 'discard' | 'rewrap'> {
  return {
    epochs: (from, to) => run((db) => readEpochs(db, from, Math.min(to, MAX))),
    add: (epochs) =>
      transact(async (tx) => {
        const least = await floor(tx, 'share');
        for (const { epochIndex, keys, tagKey } of inOrder(epochs)) {
          if (epochIndex < least) continue;
          const row = { epochIndex, wrapped: tagKey };
          const added = await tx.insert(tagKeys).values(row).onConflictDoNothing().returning();
          if (added.length === 0 || keys.length === 0) continue;
          await tx.insert(ohttpKeys).values(keys.map((key) => ({ epochIndex, ...key })));
        }
      }),
    destroy: (before) =>
      transact(async (tx) => {
        const least = await floor(tx, 'update');
        for (const table of [ohttpKeys, tagKeys, bundles]) {
          await tx.delete(table).where(lt(table.epochIndex, before));
        }
        if (before > least) await tx.update(destroyed).set({ before });
      }),
    discard: (epochIndexes) =>
      transact(async (tx) => {
        await floor(tx, 'update');
        for (const table of [ohttpKeys, tagKeys, bundles]) {
          await tx.delete(table).where(inArray(table.epochIndex, [...epochIndexes]));
        }
      }),
    rewrap: (changes) =>
      transact(async (tx) => {
        await floor(tx, 'update');
        for (const { epochIndex, kemId, before, after } of changes) {
          const table = kemId === null ? tagKeys : ohttpKeys;
          const ofKem = kemId === null ? undefined : eq(ohttpKeys.kemId, kemId);
          const isThis = and(eq(table.epochIndex, epochIndex), eq(table.wrapped, before), ofKem);
          await tx.update(table).set({ wrapped: after }).where(isThis);
        }
      }),
  };
}

/** Bundles with the signatures of the root and the proofs of a log. */
function bundleStore({
  run,
  transact,
}: PostgresStore): Pick<KeyStore, 'bundles' | 'offer' | 'withdraw' | 'sign'> {
  return {
    bundles: (from, to) =>
      run((db) =>
        db
          .select()
          .from(bundles)
          .where(between(bundles.epochIndex, from, Math.min(to, MAX)))
          .orderBy(asc(bundles.epochIndex)),
      ),
    offer: (offered) =>
      transact(async (tx) => {
        const least = await floor(tx, 'share');
        for (const { epochIndex, bundle } of inOrder(offered)) {
          if (epochIndex < least) continue;
          await tx
            .insert(bundles)
            .values({ epochIndex, bundle })
            .onConflictDoUpdate({
              target: bundles.epochIndex,
              set: { bundle },
              setWhere: isNull(bundles.signature),
            });
        }
      }),
    withdraw: (epochIndexes) =>
      run(async (db) => {
        const isUnlogged = and(inArray(bundles.epochIndex, [...epochIndexes]), isNull(bundles.proof));
        await db.delete(bundles).where(isUnlogged);
      }),
    sign: ({ epochIndex, bundle, signature, signature1, proof }) =>
      run(async (db) => {
        const isSame = and(eq(bundles.epochIndex, epochIndex), eq(bundles.bundle, bundle));
        const values = { signature, signature1, ...(proof !== null && { proof }) };
        return (await db.update(bundles).set(values).where(isSame).returning()).length === 1;
      }),
  };
}

/** The newest revision of the issuer's keys that was seen. */
function revisionStore({ run }: PostgresStore): RevisionStore {
  return {
    issuerRevision: () => run(async (db) => (await db.select().from(issuerRevision))[0]?.revision ?? 0),
    rememberIssuerRevision: (revision) =>
      run(async (db) => {
        const set = { revision: sql`greatest(${issuerRevision.revision}, ${revision}::bigint)` };
        await db
          .insert(issuerRevision)
          .values({ id: 0, revision })
          .onConflictDoUpdate({ target: issuerRevision.id, set });
      }),
  };
}

const inOrder = <T extends { readonly epochIndex: number }>(rows: readonly T[]): T[] =>
  rows.toSorted((a, b) => a.epochIndex - b.epochIndex);

/**
 * The first epoch that may exist, with a lock on its row: without it, an epoch that is destroyed while it is added would come
 * back.
 */
async function floor(tx: PostgresDb, strength: 'share' | 'update'): Promise<number> {
  await tx.insert(destroyed).values({ id: 0, before: 0 }).onConflictDoNothing();
  const [row] = await tx.select().from(destroyed).for(strength);
  return row?.before ?? 0;
}

/** Epochs with their keys, in one statement: two would see two moments, and between them an epoch without its keys. */
async function readEpochs(db: PostgresDb, from: number, to: number): Promise<StoredEpoch[]> {
  const rows = await db
    .select({ tag: tagKeys, key: ohttpKeys })
    .from(tagKeys)
    .leftJoin(ohttpKeys, eq(ohttpKeys.epochIndex, tagKeys.epochIndex))
    .where(between(tagKeys.epochIndex, from, to))
    .orderBy(asc(tagKeys.epochIndex), asc(ohttpKeys.kemId));
  const epochs = new Map<number, StoredEpoch & { readonly keys: StoredKey[] }>();
  for (const { tag, key } of rows) {
    const { epochIndex } = tag;
    const epoch = epochs.get(epochIndex) ?? { epochIndex, tagKey: tag.wrapped, keys: [] };
    if (key !== null) {
      const { epochIndex: _epochIndex, ...stored } = key;
      epoch.keys.push(stored);
    }
    epochs.set(epochIndex, epoch);
  }
  return [...epochs.values()];
}

import type { Database, Synchronous } from '@sotto/service/sqlite';
import { leafHash } from '@sotto/tlog';
import { and, asc, count, eq, gte, lt } from 'drizzle-orm';
import type { Head, WitnessStore } from '../ports.ts';
import { acceptedHeads, entries, mirroredHeads } from './schema.ts';

type HeadTable = typeof acceptedHeads | typeof mirroredHeads;

/** Checkpoints and entries in SQLite. */
export function sqlWitnessStore({ db, atomically }: Database): Synchronous<WitnessStore> {
  const headOf = (table: HeadTable, origin: string): Head | null => {
    const row = db.select().from(table).where(eq(table.origin, origin)).get();
    return row === undefined ? null : { size: row.size, root: row.root, note: row.note };
  };
  const storeHead = (table: HeadTable, origin: string, head: Head): void => {
    const row = { origin, ...head };
    db.insert(table).values(row).onConflictDoUpdate({ target: table.origin, set: head }).run();
  };
  const countOf = (origin: string): number =>
    db.select({ n: count() }).from(entries).where(eq(entries.origin, origin)).get()?.n ?? 0;
  const within = (origin: string, from: number, to: number) =>
    and(eq(entries.origin, origin), gte(entries.index, from), lt(entries.index, to));

  return {
    accepted: (origin) => headOf(acceptedHeads, origin),
    accept: (origin, oldSize, head) =>
      atomically(() => {
        if ((headOf(acceptedHeads, origin)?.size ?? 0) !== oldSize) return false;
        storeHead(acceptedHeads, origin, head);
        return true;
      }),
    count: countOf,
    entries: (origin, from, to) =>
      db
        .select({ entry: entries.entry })
        .from(entries)
        .where(within(origin, from, to))
        .orderBy(asc(entries.index))
        .all()
        .map(({ entry }) => entry),
    leaves: (origin, to) =>
      db
        .select({ leaf: entries.leaf })
        .from(entries)
        .where(within(origin, 0, to))
        .orderBy(asc(entries.index))
        .all()
        .map(({ leaf }) => leaf),
    append: (origin, from, added) =>
      atomically(() => {
        const next = countOf(origin);
        if (from > next) return next;
        for (const [i, entry] of added.slice(next - from).entries()) {
          db.insert(entries)
            .values({ origin, index: next + i, entry, leaf: leafHash(entry) })
            .run();
        }
        return Math.max(next, from + added.length);
      }),
    mirrored: (origin) => headOf(mirroredHeads, origin),
    mirror: (origin, head) =>
      atomically(() => {
        if ((headOf(mirroredHeads, origin)?.size ?? 0) > head.size) return false;
        storeHead(mirroredHeads, origin, head);
        return true;
      }),
  };
}

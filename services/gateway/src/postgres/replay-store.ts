import type { PostgresDb, PostgresStore } from '@sotto/service/postgres';
import type { UnixSeconds } from '@sotto/wire';
import { eq, gte, lte, max, lt, sql } from 'drizzle-orm';
import type { ReplayStore } from '../ports.ts';
import { envelopes, forgotten } from './schema.ts';

/** Longer than any statement may run (`statement_timeout`): after it, no statement has a snapshot from before. */
const SNAPSHOT_MS = 2500;
const COUNT_SECONDS = 5; // between two counts, at most; each second when the store is half full

/**
 * Envelopes in PostgreSQL. The insert decides: of any number of racing calls in any number of processes, one gets `first`.
 *
 * The capacity is of all processes together, but not exact: between two counts a process knows only its own envelopes.
 */
export function postgresReplayStore(
  { run }: PostgresStore,
  capacity: number,
  sleep: (milliseconds: number) => Promise<void>,
): ReplayStore & { purge(now: UnixSeconds): Promise<void> } {
  let counted: { at: UnixSeconds; live: number } | null = null;

  async function isFull(db: PostgresDb, now: UnixSeconds): Promise<boolean> {
    const age = counted === null ? Infinity : Math.abs(now - counted.at);
    if (counted === null || age >= COUNT_SECONDS || (age > 0 && counted.live * 2 >= capacity)) {
      counted = { at: now, live: await db.$count(envelopes, gte(envelopes.expires, now)) };
    }
    return counted.live >= capacity;
  }

  return {
    admit: (envelope, expires, now) =>
      run(async (db) => {
        const through = sql`coalesce((select through from ${forgotten}), 0)`;
        if (!(await isFull(db, now))) {
          const inserted = await db
            .insert(envelopes)
            .select(
              sql`select ${sql.param(envelope, envelopes.envelope)}, ${expires}::bigint where ${expires}::bigint > ${through}`,
            )
            .onConflictDoNothing()
            .returning();
          if (inserted.length === 1) {
            if (counted !== null) counted.live++;
            return 'first';
          }
        }
        const [seen] = await db.select().from(envelopes).where(eq(envelopes.envelope, envelope));
        if (seen !== undefined) return 'replayed';
        const [row] = await db.select().from(forgotten);
        return expires <= (row?.through ?? 0) ? 'expired' : 'full';
      }),
    async purge(now) {
      const isExpired = lt(envelopes.expires, now);
      const through = await run(async (db) => {
        const [latest] = await db
          .select({ expires: max(envelopes.expires) })
          .from(envelopes)
          .where(isExpired);
        if (latest === undefined || latest.expires === null) return null;
        const set = { through: sql`greatest(${forgotten.through}, ${latest.expires}::bigint)` };
        await db
          .insert(forgotten)
          .values({ id: 0, through: latest.expires })
          .onConflictDoUpdate({ target: forgotten.id, set });
        return latest.expires;
      });
      if (through === null) return;
      // A statement that began before `forgotten` was raised could insert an envelope again while it is deleted.
      await sleep(SNAPSHOT_MS);
      await run(async (db) => void (await db.delete(envelopes).where(lte(envelopes.expires, through))));
    },
  };
}

import type { Db, Synchronous } from '@sotto/service/sqlite';
import { base64url, type UnixSeconds } from '@sotto/wire';
import { eq, lt, max, min, sql } from 'drizzle-orm';
import type { ReplayStore } from '../ports.ts';
import { envelopes, forgotten } from './schema.ts';

export interface SyncReplayStore extends Synchronous<ReplayStore> {
  /**
   * Deletes envelopes that expired before `now`, which must be a clock that does not run ahead: `admit` deletes nothing,
   * since its clock may be wrong for a while. Returns when the next one expires, or null when none is left.
   */
  purge(now: UnixSeconds): UnixSeconds | null;
}

/**
 * Envelopes in SQLite, at most `capacity` of them live.
 *
 * The insert decides: it returns `first` to exactly one of any number of concurrent calls, and it adds
 * nothing to a full store. What was deleted is not admitted again even if the clock goes back: the store
 * keeps the latest expiry that it deleted.
 */
export function sqlReplayStore(db: Db, capacity: number): SyncReplayStore {
  const live = (now: UnixSeconds) => sql`(select count(*) from ${envelopes} where expires >= ${now})`;
  const through = sql`coalesce((select through from ${forgotten}), 0)`;
  const forgottenThrough = (): number => db.select().from(forgotten).get()?.through ?? 0;
  return {
    admit(envelope, expires, now) {
      const inserted = db.all(
        sql`insert into ${envelopes} (envelope, expires) select ${base64url(envelope)}, ${expires} where ${live(now)} < ${capacity} and ${expires} > ${through} on conflict do nothing returning envelope`,
      );
      if (inserted.length === 1) return 'first';
      const seen = db.select().from(envelopes).where(eq(envelopes.envelope, envelope)).all();
      if (seen.length === 1) return 'replayed';
      return expires <= forgottenThrough() ? 'expired' : 'full';
    },
    purge(now) {
      const isExpired = lt(envelopes.expires, now);
      const latest = db
        .select({ expires: max(envelopes.expires) })
        .from(envelopes)
        .where(isExpired)
        .get();
      const row = { id: 0, through: Math.max(latest?.expires ?? 0, forgottenThrough()) };
      db.insert(forgotten).values(row).onConflictDoUpdate({ target: forgotten.id, set: row }).run();
      db.delete(envelopes).where(isExpired).run();
      const next = db
        .select({ expires: min(envelopes.expires) })
        .from(envelopes)
        .get();
      return next?.expires ?? null;
    },
  };
}
